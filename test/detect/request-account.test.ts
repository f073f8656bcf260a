import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RequestAccounts } from '../../src/detect/request-account.js';
import type { Finding, RequestAccount } from '../../src/model/finding.js';
import type { RequestDetail, TimedPhase } from '../../src/model/request.js';
import { allocateSamples, Outcomes, type SampleColumns } from '../../src/model/sample.js';

const MS = 1e6;
const HTTP = { name: 'local>http://10.0.0.7/http', protocol: 'http', address: '10.0.0.7', port: 80 } as const;
const SYN = { name: 'local>10.0.0.7:80/syn', protocol: 'syn', address: '10.0.0.7', port: 80 } as const;

/** A request of each 100 ms that takes 3 ms, and one at 1 s whose phases are given. */
function requests(slow: Partial<Record<TimedPhase, number>>): SampleColumns {
  const samples = allocateSamples(11);
  const details = new Map<number, RequestDetail>();
  for (let i = 0; i < 11; i += 1) {
    const phases = i === 10 ? slow : { connect: 1 * MS, 'first-byte': 2 * MS };
    samples.sentNs[i] = i * 100 * MS;
    samples.rttNs[i] = Object.values(phases).reduce((sum, ns) => sum + ns, 0);
    details.set(i, { phases, reached: 'done', status: 200, bytes: 0, reused: false, retried: false });
  }
  return { ...samples, requests: details };
}

/** SYNs of each 10 ms for 1.5 s. @param rttMs by send instant in ms; null lost */
function packets(rttMs: (sentMs: number) => number | null): SampleColumns {
  const samples = allocateSamples(150);
  for (let i = 0; i < 150; i += 1) {
    const ms = rttMs(i * 10);
    samples.path[i] = 1;
    samples.sentNs[i] = i * 10 * MS;
    samples.rttNs[i] = ms === null ? -1 : ms * MS;
    samples.outcome[i] = ms === null ? Outcomes.lost : Outcomes.reply;
  }
  return samples;
}

function account(
  slow: Partial<Record<TimedPhase, number>>,
  rttMs?: (sentMs: number) => number | null,
): RequestAccount | undefined {
  const accounts = new RequestAccounts([HTTP, SYN]);
  if (rttMs !== undefined) accounts.observe(packets(rttMs));
  accounts.observe(requests(slow));
  const peakRttNs = Object.values(slow).reduce((sum, ns) => sum + ns, 0);
  const finding = { path: HTTP.name, startMin: 1000 * MS, release: 1000 * MS + peakRttNs, peakRttNs } as Finding;
  return accounts.explain(finding).request;
}

suite('where a slow request waited', () => {
  const rows: readonly {
    readonly what: string;
    readonly slow: Partial<Record<TimedPhase, number>>;
    readonly rttMs?: (sentMs: number) => number | null;
    readonly is: Partial<RequestAccount>;
  }[] = [
    {
      what: 'the server stood still: packets passed',
      slow: { connect: 1 * MS, 'first-byte': 200 * MS },
      rttMs: () => 0.2,
      is: { phase: 'first-byte', wire: 'passed' },
    },
    {
      what: 'a receive queue held it, and the packets as well',
      slow: { connect: 150 * MS, 'first-byte': 2 * MS },
      rttMs: (at) => (at >= 1000 && at < 1150 ? 1150 - at : 0.2),
      is: { phase: 'connect', wire: 'held' },
    },
    {
      what: 'packets were held before it was sent, and not with it',
      slow: { connect: 1 * MS, 'first-byte': 200 * MS },
      rttMs: (at) => (at >= 700 && at < 850 ? 850 - at : 0.2),
      is: { wire: 'passed' },
    },
    {
      what: 'a SYN was lost, and others as well',
      slow: { connect: 450 * MS, 'first-byte': 2 * MS },
      rttMs: (at) => (at >= 1000 && at < 1200 ? null : 0.2),
      is: { phase: 'connect', wire: 'lost' },
    },
    {
      what: 'nothing was sent beside it',
      slow: { connect: 1 * MS, 'first-byte': 200 * MS },
      is: { wire: 'unseen', packets: 0 },
    },
    {
      what: 'the name took long',
      slow: { dns: 300 * MS, connect: 1 * MS, 'first-byte': 2 * MS },
      rttMs: () => 0.2,
      is: { phase: 'dns', wire: 'passed' },
    },
    {
      what: 'a packet that was a little late explains no long wait',
      slow: { connect: 1 * MS, 'first-byte': 200 * MS },
      rttMs: (at) => (at === 1050 ? 20 : 0.2),
      is: { wire: 'passed' },
    },
  ];
  for (const { what, slow, rttMs, is } of rows) {
    test(what, () => {
      const told = account(slow, rttMs);
      for (const [key, value] of Object.entries(is))
        assert.equal(told?.[key as keyof RequestAccount], value, JSON.stringify(told));
    });
  }

  test('one request, which was given up and answered after all: nothing to compare with', () => {
    const accounts = new RequestAccounts([HTTP]);
    const phases = { connect: 1 * MS, tls: 550 * MS, 'first-byte': 2 * MS };
    const samples = allocateSamples(2);
    samples.rttNs.set([-1, 553 * MS]);
    const detail: RequestDetail = { phases, reached: 'done', status: 200, bytes: 0, reused: false, retried: false };
    accounts.observe({ ...samples, requests: new Map([0, 1].map((index) => [index, detail])) });
    const finding = { path: HTTP.name, startMin: 0, release: 553 * MS, peakRttNs: 553 * MS } as Finding;
    const { phase, phaseNs } = accounts.explain(finding).request ?? {};
    assert.deepEqual([phase, phaseNs], ['tls', 550 * MS]);
  });
});
