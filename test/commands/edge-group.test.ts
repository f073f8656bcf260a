import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeGroup } from '../../src/commands/agent/edge-group.js';
import type { SeenOnEdge } from '../../src/detect/fleet/edge-watch.js';
import type { Engine } from '../../src/engines/engine.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { EdgePath } from '../../src/model/fleet/edge.js';
import type { ProbePlan } from '../../src/model/plan.js';
import { allocateSamples, Outcomes, SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const EPOCH_S = 1_795_861_448;
const INTERVAL_NS = 20 * MS;
const RTT_NS = 0.2 * MS;
const PATH: EdgePath = {
  to: 'b',
  kind: 'node',
  protocol: 'icmp',
  address: '10.0.0.1',
  flows: 1,
  intervalNs: INTERVAL_NS,
};

interface Life {
  readonly seconds: number;
  /** Held from then on for 140 ms. */
  readonly stallsAt?: readonly number[];
  /** What else the prober tells, at which second. */
  readonly also?: readonly { readonly atS: number; readonly event: EngineEvent }[];
  /** Samples that span a step of the wall clock. */
  readonly steppedAt?: number;
}

/** All that an agent makes of one run of its prober. */
async function lived({ seconds, stallsAt = [], also = [], steppedAt = -1 }: Life) {
  const seen: { readonly seen: SeenOnEdge; readonly unixS: number }[] = [];
  let [steps, answered] = [0, 0];
  const events: { readonly atNs: number; readonly event: EngineEvent }[] = [];
  for (let seq = 0; seq < (seconds * SECOND) / INTERVAL_NS; seq += 1) {
    const sentNs = seq * INTERVAL_NS;
    const stallNs = stallsAt.map((at) => at * SECOND).find((at) => sentNs >= at && sentNs < at + 140 * MS);
    const rttNs = stallNs === undefined ? RTT_NS : stallNs + 140 * MS - sentNs + RTT_NS;
    const samples = allocateSamples(1);
    samples.seq[0] = seq;
    samples.sentNs[0] = sentNs;
    samples.dueNs[0] = sentNs;
    samples.rttNs[0] = rttNs;
    samples.outcome[0] = Outcomes.reply;
    if (Math.abs(sentNs / SECOND - steppedAt) < 0.05) samples.flags[0] = SampleFlags.clockStep;
    events.push({ atNs: sentNs + rttNs, event: { kind: 'samples', samples } });
  }
  for (const { atS, event } of also) events.push({ atNs: atS * SECOND, event });
  events.sort((one, other) => one.atNs - other.atNs);
  let ended = (): void => {};
  const done = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const engine: Engine = {
    name: 'helper',
    start: () => ({
      events: (async function* () {
        yield { kind: 'start', epochRealNs: BigInt(EPOCH_S) * 1_000_000_000n, epochMonoNs: 0n, streamId: 1n } as const;
        for (const { event } of events) yield event;
      })(),
      stop: () => {},
    }),
  };
  const group = new EdgeGroup('a', [PATH], engine, () => ({ waitNs: SECOND }) as ProbePlan, {
    countsOf: () => ({ probes: 0, lost: 0 }),
    onRtt: () => {},
    seen: (one, clock) => seen.push({ seen: one, unixS: clock.unixSeconds(one.finding.release) }),
    pause: () => {},
    counters: () => {},
    lag: () => {},
    answered: () => {
      answered += 1;
    },
    clockStep: () => {
      steps += 1;
    },
    lost: () => {},
    restart: () => ended(),
    timestamps: () => {},
    warning: () => {},
  });
  await done;
  await group.stop();
  const stalls = seen.filter(({ seen: { finding } }) => finding.kind === 'stall');
  return { stalls, steps, answered };
}

const clock = (atS: number, stepS: number, driftS: number) => ({
  atS,
  event: {
    kind: 'clock',
    clock: { timeNs: atS * SECOND, realDriftNs: driftS * SECOND, stepNs: stepS * SECOND, uncertaintyNs: 100 },
  } as const,
});

test('a step of the wall clock is counted, accuses nobody, and stalls behind it have the new time', async () => {
  const { stalls, steps, answered } = await lived({
    seconds: 40,
    stallsAt: [10, 30],
    steppedAt: 20,
    also: [clock(5, 0, 0), clock(20, 3600, 3600), clock(25, 0, 3600)],
  });
  assert.equal(steps, 1);
  assert.ok(answered > 1_900);
  assert.deepEqual(
    stalls.map(({ unixS, seen }) => [Math.round((unixS - EPOCH_S) * 10) / 10, seen.finding.selfInflicted]),
    [
      [10.1, false],
      [3630.1, false],
    ],
  );
});

test('a machine that was suspended stalled nobody: what the prober did not see is its own', async () => {
  const pause = {
    ...{ fromNs: 19.99 * SECOND, toNs: 20.2 * SECOND, cause: 'late-wake' as const, missedSlots: 0 },
    ...{ runDelayNs: 0, stealNs: -1, cpu: 0 },
  };
  const { stalls } = await lived({
    seconds: 40,
    stallsAt: [10, 20],
    also: [{ atS: 20.21, event: { kind: 'pause', pause } }],
  });
  assert.deepEqual(
    stalls.map(({ seen }) => seen.finding.selfInflicted),
    [false, true],
  );
});
