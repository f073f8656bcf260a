import { packageVersion } from '../../installation/version.js';
import type { ProbePlan } from '../../model/plan.js';
import { MS } from '../../model/time.js';
import type { AgentSetup } from './agent-setup.js';
import type { PendingWork } from './pending-work.js';

/** A recording is written this long after its incident, for what follows of it. */
const AFTER_MS = 5_000;
const EVERY_MS = 30_000;

/** Recordings of what the probers told around incidents. */
export class IncidentRecordings {
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly setup: AgentSetup,
    private readonly pending: PendingWork,
  ) {}

  /**
   * Writes one soon, unless one was written lately.
   *
   * @param release of the incident, seconds since 1970
   * @param planNow what is probed when it is written
   */
  soon(to: string, release: number, planNow: () => ProbePlan): void {
    const now = performance.now();
    if (now - this.#lastMs < EVERY_MS) return;
    this.#lastMs = now;
    this.pending.later(AFTER_MS, () => this.pending.underWay(this.#write(to, release, planNow())));
  }

  #write(to: string, release: number, plan: ProbePlan): Promise<unknown> {
    const { node, recorder, engineName } = this.setup;
    const when = new Date(release * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
    // Neither secrets nor what only the start was told is for a file.
    const paths = plan.paths.map(({ told: _told, phaseNs: _phase, ...path }) => path);
    const { startAtNs: _start, sourcePorts: _ports, ...rest } = plan;
    return recorder.write(
      `${when}-${to}`.slice(0, 120),
      {
        command: 'probe',
        version: packageVersion(),
        options: { node, to },
        thresholdNs: 100 * MS,
        engine: engineName,
        plan: { ...rest, paths },
      },
      `node ${node}`,
    );
  }
}
