import {
  DEFAULT_INTERVAL_NS,
  DEFAULT_MATCH_NS,
  DEFAULT_WAIT_NS,
  type PlannedPath,
  type ProbePlan,
} from '../../src/model/plan.js';

/** A SYN path of 16 flows without fresh ports, with what the test cares about put in. */
export function simPath(overrides: Partial<PlannedPath> = {}): PlannedPath {
  const path: PlannedPath = {
    name: 'shell>node/syn',
    protocol: 'syn',
    address: '172.16.47.27',
    port: 9876,
    flows: 16,
    freshPerSecond: 0,
    intervalNs: DEFAULT_INTERVAL_NS,
    ...overrides,
  };
  return path.protocol === 'icmp' ? { ...path, flows: 1 } : path;
}

/** A plan of such a path with 100 probes. */
export function simPlan(overrides: Partial<ProbePlan> = {}): ProbePlan {
  return {
    paths: [simPath()],
    count: 100,
    durationNs: 0,
    waitNs: DEFAULT_WAIT_NS,
    matchNs: DEFAULT_MATCH_NS,
    timestamps: 'auto',
    cpu: 'auto',
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1_000_000,
    ...overrides,
  };
}
