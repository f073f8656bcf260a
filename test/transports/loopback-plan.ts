import type { ProbePlan } from '../../src/model/plan.js';
import { MS, SECOND } from '../../src/model/time.js';

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
    count: 20,
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
