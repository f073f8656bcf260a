import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MS, SECOND } from '../../src/model/time.js';
import { verdictSchema } from '../../src/model/verdict.js';
import {
  ACCEPT_QUEUE,
  ALWAYS_STOPPED,
  ALWAYS_THROTTLED,
  asked,
  GUESSED_HOSTS,
  QUIET_ACCOUNT,
  RESOLVER_DROPS,
  RESOLVER_SLOW,
  SERVER_STOPS,
  STANDS_BEHIND_FULL_QUEUE,
  THROTTLED,
} from './request-cluster.js';
import { type Bisection, type FaultInput, stalls } from './sim-cluster.js';

const said = ({ verdict }: Bisection): string => `${verdict.cause} at ${String(verdict.where)}`;

suite('slow requests: who is to blame', () => {
  const rows: readonly (readonly [what: string, run: () => Bisection, verdict: string, alike?: readonly string[]])[] = [
    ['nothing is wrong', () => asked([]), 'healthy at null'],
    [
      'the server stands still; its kernel counts no quota',
      () => asked([SERVER_STOPS], { account: QUIET_ACCOUNT }),
      'server at web',
    ],
    ['the same without a word of its kernel', () => asked([SERVER_STOPS]), 'server at web', ['throttled']],
    [
      'the quota of its group is used up, and its kernel says so',
      () => asked([THROTTLED], { account: { ...QUIET_ACCOUNT, throttledNs: 4 * SECOND } }),
      'throttled at web',
    ],
    [
      'the server is slow as a rule, and its kernel says that its group stands still most of the time',
      () => asked([ALWAYS_THROTTLED], { account: ALWAYS_STOPPED }),
      'throttled at web',
    ],
    [
      'the accept queue is full',
      () => asked([ACCEPT_QUEUE], { account: { ...QUIET_ACCOUNT, overflows: 31 } }),
      'accept-queue at web',
    ],
    ['the same without a word of its kernel', () => asked([ACCEPT_QUEUE]), 'accept-queue at web'],
    [
      'the server stands still, and its queue of one is full meanwhile',
      () => asked(STANDS_BEHIND_FULL_QUEUE, { account: { ...QUIET_ACCOUNT, overflows: 31 } }),
      'accept-queue+server at web',
    ],
    ['the resolver drops queries', () => asked([RESOLVER_DROPS]), 'resolver at names'],
    ['the resolver stands still', () => asked([RESOLVER_SLOW]), 'resolver at names'],
    [
      'a receive queue of the server',
      () => asked([stalls({ stage: 'rx-queue', machine: 'web', queue: 1 } as never)]),
      'rx-queue at web',
    ],
    [
      'the network loses',
      () =>
        asked([
          {
            kind: 'loss',
            stage: 'network',
            to: 'web',
            when: { period: [500 * MS, 3 * SECOND], length: [60 * MS, 200 * MS] },
          } as FaultInput,
        ]),
      'network at web',
    ],
    [
      'bisect URL: the server stands still',
      () => asked([SERVER_STOPS], { hosts: GUESSED_HOSTS }),
      'server at target',
      ['throttled'],
    ],
    [
      'bisect URL: the accept queue is full',
      () => asked([ACCEPT_QUEUE], { hosts: GUESSED_HOSTS }),
      'accept-queue at target',
    ],
  ];
  for (const [what, run, verdict, alike = []] of rows) {
    test(what, () => {
      const result = run();
      verdictSchema.parse(result.verdict);
      assert.equal(said(result), verdict, JSON.stringify(result.verdict.posterior));
      for (const cause of alike)
        assert.ok(
          result.verdict.indistinguishable.some((label) => label.startsWith(cause)),
          JSON.stringify(result.verdict.indistinguishable),
        );
      if (alike.length === 0)
        assert.deepEqual(
          result.verdict.indistinguishable.filter((label) => /server|throttled|accept|resolver/.test(label)),
          [],
        );
    });
  }

  test('a look-alike convicts nobody: a few slow requests in a minute', () => {
    const result = asked([
      {
        kind: 'stall',
        stage: 'server',
        machine: 'web',
        when: [{ start: 20 * SECOND, length: 200 * MS }],
      } as FaultInput,
    ]);
    assert.notEqual(result.verdict.cause, 'server');
  });

  test('the evidence says that packets passed while requests waited, and what the kernel counted', () => {
    const { verdict } = asked([SERVER_STOPS], { account: QUIET_ACCOUNT });
    const syn = verdict.evidence.find(({ path }) => path === 'here>web/syn');
    assert.match(syn?.words ?? '', /all of them passed/);
    assert.ok(
      verdict.ruledOut.some(({ cause }) => cause === 'rx-queue'),
      JSON.stringify(verdict.ruledOut),
    );
  });
});
