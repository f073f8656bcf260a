import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeScenario, type ScenarioInput, simulate } from '../../src/engines/sim-engine.js';
import type { ProbePlan } from '../../src/model/plan.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { CollectedRun, type Seen } from './collected-run.js';
import { simPath, simPlan } from './sim-plan.js';

type Faults = NonNullable<ScenarioInput['faults']>;
type VantageInput = ScenarioInput['vantages'][string];

const WINDOW = { start: SECOND, length: 100 * MS };
const atNode = { machine: 'node', stage: 'host', leg: 'out' } as const;

function run(faults: Faults, plan: ProbePlan = simPlan({ count: 300 }), vantage: Partial<VantageInput> = {}) {
  const scenario = makeScenario({
    seed: 3,
    machines: {
      shell: { address: '172.16.47.1' },
      node: { address: '172.16.47.27', ports: { 9876: 'open', 22: 'prohibited' } },
    },
    vantages: { shell: { machine: 'shell', ...vantage } },
    faults,
  });
  const { events, truth } = simulate(scenario, plan);
  return { seen: new CollectedRun(events), truth };
}

const held = (samples: readonly Seen[]): Seen[] => samples.filter((sample) => sample.rttNs > MS);

function slopeOf(samples: readonly Seen[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  assert.ok(first !== undefined && last !== undefined && first !== last, 'too few samples for a slope');
  return (last.rttNs - first.rttNs) / (last.sentNs - first.sentNs);
}

suite('faults other than a stall that drains at once', () => {
  test('slow-drain: RTT steps up, then falls with slope load - 1, in order', () => {
    const { seen } = run([{ kind: 'slow-drain', ...atNode, when: [WINDOW], load: 0.6 }]);
    const probes = held(seen.final());
    assert.ok(Math.abs(slopeOf(probes) + 0.4) < 0.001, `slope ${slopeOf(probes)}`);
    assert.equal(probes.length, 25);
  });

  test('congestion: RTT rises to the peak and falls again', () => {
    const when = [{ start: SECOND, length: SECOND }];
    const { seen } = run([{ kind: 'congestion', ...atNode, when, peak: '200ms', rise: 0.25 }]);
    const probes = held(seen.final());
    const top = probes.reduce((a, b) => (a.rttNs >= b.rttNs ? a : b));
    assert.equal(top.sentNs, SECOND + 250 * MS);
    assert.ok(Math.abs(top.rttNs - 200 * MS) < MS);
    assert.ok(slopeOf(probes.filter((sample) => sample.sentNs <= top.sentNs)) > 0.7);
    assert.ok(Math.abs(slopeOf(probes.filter((sample) => sample.sentNs >= top.sentNs)) + 200 / 750) < 0.01);
  });

  test('loss on the way back: a port that is open answers a lone SYN again after a second, a flow that goes on does not', () => {
    const fault = { kind: 'loss', stage: 'network', to: 'shell', when: [WINDOW] } as Faults[number];
    const path = simPath({ flows: 4, freshPerSecond: 50 });
    const { seen } = run([fault], simPlan({ paths: [path], count: 0, durationNs: 4 * SECOND }));
    const again = seen.fresh().filter(({ rttNs }) => rttNs >= SECOND);
    assert.ok(again.length >= 3, `${again.length}`);
    assert.ok(again.every(({ rttNs, reply }) => rttNs < 1.05 * SECOND && reply === 'syn-ack'));
    assert.ok(seen.final().every(({ rttNs, outcome }) => rttNs < SECOND && outcome !== 'late'));
  });

  test('loss by chance: about the ratio, each loss alone', () => {
    const { seen, truth } = run([{ kind: 'loss', ...atNode, when: 'always', ratio: 0.1 }], simPlan({ count: 5_000 }));
    const lost = seen.final().filter((sample) => sample.outcome === 'lost').length;
    assert.ok(lost > 420 && lost < 580, `${lost} of 5000`);
    assert.equal(seen.totals[0]?.lost, lost);
    assert.equal(truth[0]?.held[0]?.probes, lost);
    assert.equal(truth[0]?.lengthNs, seen.endNs);
  });

  test('loss in bursts: runs of losses, as long as the bursts', () => {
    const when = { meanGap: '2s', meanLength: '100ms' };
    const { seen, truth } = run([{ kind: 'loss', ...atNode, when }], simPlan({ count: 20_000 }));
    const lost = seen.final().map((sample) => sample.outcome === 'lost');
    const bursts = lost.filter((is, i) => is && lost[i - 1] !== true).length;
    const share = lost.filter(Boolean).length / lost.length;
    assert.ok(share > 0.03 && share < 0.07, `share ${share}`);
    assert.ok(lost.filter(Boolean).length / bursts > 5, 'losses come alone');
    assert.ok(Math.abs(truth.filter((injection) => injection.held.length > 0).length - bursts) <= 2);
  });

  test('spike: single probes are held, the neighbours are not', () => {
    const { seen } = run(
      [{ kind: 'spike', ...atNode, ratio: 0.01, length: ['120ms', '180ms'] }],
      simPlan({ count: 5_000 }),
    );
    const spikes = held(seen.final());
    assert.ok(spikes.length > 25 && spikes.length < 80, `${spikes.length} of 5000`);
    for (const { rttNs } of spikes) assert.ok(rttNs > 120 * MS && rttNs < 181 * MS);
  });

  test('jitter: log-normal around its median, and no packet overtakes', () => {
    const plan = simPlan({ count: 20_000, paths: [simPath({ intervalNs: 100 * US })] });
    const { seen } = run([{ kind: 'jitter', ...atNode, median: '100us', sigma: 0.5 }], plan);
    const rtts = seen.final().map((sample) => sample.rttNs - 220 * US);
    rtts.sort((a, b) => a - b);
    const median = rtts[rtts.length / 2] ?? 0;
    assert.ok(median > 85 * US && median < 130 * US, `${median}`);
    assert.deepEqual(
      seen.samples.map((sample) => sample.seq),
      seen.final().map((sample) => sample.seq),
    );
  });

  test('connections: new spares the fixed flows', () => {
    const paths = [simPath({ freshPerSecond: 100 })];
    const { seen } = run(
      [{ kind: 'stall', ...atNode, when: [WINDOW], connections: 'new' }],
      simPlan({ paths, count: 300 }),
    );
    assert.equal(held(seen.final()).length, 0);
    assert.equal(held(seen.fresh()).length, 10);
  });

  test('a stall longer than the wait: lost first, then late, and nothing counted twice', () => {
    const { seen } = run(
      [{ kind: 'stall', ...atNode, when: [{ start: SECOND, length: 1_500 * MS }] }],
      simPlan({ count: 300, waitNs: SECOND }),
    );
    const late = seen.final().filter((sample) => sample.outcome === 'late');
    assert.equal(late.length, 51);
    assert.equal(seen.samples.length, 300 + 51);
    assert.deepEqual(
      { received: seen.totals[0]?.received, late: seen.totals[0]?.late, lost: seen.totals[0]?.lost },
      { received: 300, late: 51, lost: 0 },
    );
  });

  test('a reply after the time of matching stays lost', () => {
    const { seen } = run(
      [{ kind: 'stall', ...atNode, when: [{ start: SECOND, length: 1_500 * MS }] }],
      simPlan({ count: 300, waitNs: 500 * MS, matchNs: SECOND }),
    );
    const outcomes = seen.final().map((sample) => sample.outcome);
    const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
    assert.deepEqual([count('lost'), count('late'), count('reply')], [51, 50, 199]);
  });

  test('a reply that comes after the end of the run leaves its probe in flight', () => {
    const { seen } = run(
      [{ kind: 'stall', ...atNode, when: [{ start: SECOND, length: 10 * SECOND }] }],
      simPlan({ count: 110, waitNs: 5 * SECOND }),
    );
    assert.equal(seen.totals[0]?.inFlight, 10);
    assert.equal(seen.endNs, 1_090 * MS + 2 * SECOND);
  });
});

suite('the prober itself', () => {
  const pause: Faults = [{ kind: 'pause', machine: 'shell', when: [{ start: SECOND + MS, length: 127 * MS }] }];

  test('a paused prober misses slots, says so, and its stamps stay true', () => {
    const { seen, truth } = run(pause);
    assert.equal(held(seen.final()).length, 0);
    assert.deepEqual(
      seen.pauses.map(({ fromNs, toNs, cause, missedSlots }) => ({ fromNs, toNs, cause, missedSlots })),
      [{ fromNs: 1_010 * MS, toNs: 1_128 * MS, cause: 'missed-slots', missedSlots: 11 }],
    );
    assert.equal(seen.totals[0]?.missedSlots, 11);
    assert.equal(seen.totals[0]?.sent, 289);
    const late = seen.final().find((sample) => sample.seq === 112);
    assert.deepEqual([late?.sentNs, late?.lagNs], [1_128 * MS, 8 * MS]);
    assert.deepEqual([truth[0]?.kind, truth[0]?.stage, truth[0]?.held[0]?.probes], ['pause', 'sender', 12]);
  });

  test('one that stamps in user space forges the signature of a stall, flagged, in a known pause', () => {
    const { seen } = run(pause, simPlan({ count: 300 }), { userStamps: true });
    const forged = held(seen.final());
    assert.equal(forged.length, 12);
    assert.ok(Math.abs(slopeOf(forged) + 1) < 1e-9);
    for (const { flags } of forged) assert.ok((flags & SampleFlags.userReceivedStamp) !== 0);
    assert.deepEqual(
      seen.pauses.map((one) => [one.toNs, one.cause, one.missedSlots]),
      [[1_128 * MS, 'late-wake', 0]],
    );
  });

  test('time stamps of user space asked for by the plan do the same', () => {
    const { seen } = run(pause, simPlan({ count: 300, timestamps: 'user' }));
    assert.equal(held(seen.final()).length, 12);
  });

  test('send error: sent is later than due by it, and lag says so', () => {
    const { seen } = run([], simPlan({ count: 2_000 }), { sendError: { median: '50us', sigma: 0.5 } });
    const lags = seen.final().map((sample) => sample.sentNs - sample.dueNs);
    assert.deepEqual(
      lags,
      seen.final().map((sample) => sample.lagNs),
    );
    lags.sort((a, b) => a - b);
    assert.ok((lags[1_000] ?? 0) > 45 * US && (lags[1_000] ?? 0) < 55 * US, `${lags[1_000]}`);
  });

  test('probes the kernel refuses are send-failed, with an errno, and not sent', () => {
    const { seen } = run([], simPlan({ count: 1_000 }), { sendFailures: 0.1 });
    const failed = seen.final().filter((sample) => sample.outcome === 'send-failed');
    assert.ok(failed.length > 60 && failed.length < 140, `${failed.length}`);
    assert.deepEqual([seen.totals[0]?.sendFailed, seen.totals[0]?.sent], [failed.length, 1_000 - failed.length]);
    for (const { errorCode, rttNs } of failed) assert.deepEqual([errorCode, rttNs], [105, -1]);
  });

  test('a closed UDP port answers once a second; the rest is rate-limited, not lost', () => {
    const paths = [simPath({ name: 'shell>node/udp', protocol: 'udp', flows: 1, port: 7, intervalNs: 100 * MS })];
    const { seen } = run([], simPlan({ count: 50, paths }));
    const replies = seen.final().filter((sample) => sample.outcome === 'reply');
    assert.equal(replies.length, 5);
    for (const { reply, icmp } of replies) assert.deepEqual([reply, ...icmp], ['unreachable', 3, 3]);
    assert.equal(seen.final().filter((sample) => sample.outcome === 'rate-limited').length, 45);
    assert.equal(seen.totals[0]?.lost, 0);
  });

  test('a prohibited port is an error with type and code', () => {
    const { seen } = run([], simPlan({ count: 3, paths: [simPath({ port: 22 })] }));
    for (const { outcome, icmp } of seen.final()) assert.deepEqual([outcome, ...icmp], ['error', 3, 13]);
    assert.equal(seen.totals[0]?.errors, 3);
  });

  test('ACK probes draw RST', () => {
    const { seen } = run([], simPlan({ count: 3, paths: [simPath({ protocol: 'ack' })] }));
    for (const { reply } of seen.final()) assert.equal(reply, 'rst');
  });
});
