import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { REQUEST_PARTS, requestPart } from '../../src/bisect/evidence/request-part.js';
import type { RequestDetail, TimedPhase } from '../../src/model/request.js';
import { MS, SECOND } from '../../src/model/time.js';
import { asked, GUESSED_HOSTS, QUIET_ACCOUNT, SERVER_STOPS } from './request-cluster.js';
import { stalls } from './sim-cluster.js';

suite('in which part a request waited', () => {
  const rows: readonly (readonly [
    what: string,
    phases: Readonly<Partial<Record<TimedPhase, number>>>,
    part: keyof typeof REQUEST_PARTS,
    more?: Partial<RequestDetail>,
  ])[] = [
    ['while connecting', { connect: 140, 'first-byte': 2 }, 'connect'],
    ['for the first byte', { connect: 0.2, 'first-byte': 140 }, 'answer'],
    ['for TLS, which a process speaks', { connect: 0.2, tls: 120, 'first-byte': 3 }, 'answer'],
    ['for the rest of the body', { connect: 0.2, 'first-byte': 3, body: 300 }, 'answer'],
    ['for both', { connect: 70, 'first-byte': 72 }, 'unsaid'],
    ['for its name', { dns: 140, connect: 1, 'first-byte': 2 }, 'unsaid'],
    ['over a connection that was open', { 'first-byte': 140 }, 'unsaid', { reused: true }],
    ['on a second connection', { connect: 140, 'first-byte': 2 }, 'unsaid', { retried: true }],
  ];
  for (const [what, phases, part, more] of rows)
    test(what, () => {
      const ns = Object.fromEntries(Object.entries(phases).map(([phase, ms]) => [phase, ms * MS]));
      const rttNs = Object.values(ns).reduce((sum, length) => sum + length, 0);
      const detail: RequestDetail = { phases: ns, reached: 'done', bytes: 0, reused: false, retried: false, ...more };
      assert.equal(requestPart(detail, rttNs), REQUEST_PARTS[part]);
    });

  test('one of which nothing is told', () => assert.equal(requestPart(undefined, SECOND), REQUEST_PARTS.unsaid));
});

suite('what it says of who is to blame', () => {
  const spoken = (verdict: ReturnType<typeof asked>['verdict'], path: string): string =>
    verdict.evidence.find((one) => one.path === path)?.words ?? '';

  test('requests that wait while connecting wait for no process', () => {
    const { verdict } = asked([stalls({ stage: 'rx-queue', machine: 'web', queue: 1 } as never)], {
      hosts: GUESSED_HOSTS,
    });
    assert.match(spoken(verdict, 'here>port-80/http'), /while connecting/);
    const against = verdict.terms.flatMap(({ words, against }) =>
      /did so while connecting, which the kernel sees to/.test(words) ? against : [],
    );
    assert.deepEqual(against.sort(), ['server@target', 'throttled@target']);
  });

  test('where a process stands still they wait for its answer', () => {
    const { verdict } = asked([SERVER_STOPS], { account: QUIET_ACCOUNT });
    assert.match(spoken(verdict, 'here>web/http'), /\(\d+ probes, for the answer\)/);
  });
});
