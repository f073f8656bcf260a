import assert from 'node:assert/strict';
import type { ProbePlan } from '../../src/model/plan.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { CollectedRun } from '../engines/collected-run.js';

const SLOTS = 20;

/** SYN probes to a port of the loopback where the prober runs; without a listener each is answered by a RST. */
export function loopbackPlan(overrides: Partial<ProbePlan> = {}, port = 8080): ProbePlan {
  return {
    paths: [
      {
        name: 'vantage>loopback/syn',
        protocol: 'syn',
        address: '127.0.0.1',
        port,
        flows: 4,
        freshPerSecond: 0,
        intervalNs: 10 * MS,
      },
    ],
    count: SLOTS,
    durationNs: 0,
    waitNs: SECOND,
    matchNs: 30 * SECOND,
    timestamps: 'auto',
    cpu: 'auto',
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1_000,
    ...overrides,
  };
}

/** Every slot of {@link loopbackPlan} is told: on a busy machine some are missed, all others are sent and answered. */
export function allTold(run: CollectedRun): void {
  const { sent = 0, received = 0, missedSlots = 0 } = run.totals[0] ?? {};
  assert.equal(sent + missedSlots, SLOTS);
  assert.deepEqual([run.final().length, received], [sent, sent]);
  assert.ok(sent >= SLOTS / 4, `${sent} sent`);
}
