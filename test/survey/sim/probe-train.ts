import type { ProbePlan } from '../../../src/model/plan.js';

/** A probe of a plan that has become due. */
export interface DueProbe {
  /** Number of its path in the plan. */
  readonly path: number;
  readonly flow: number;
  readonly slot: number;
  readonly dueNs: number;
}

/** The grid of a plan, as a prober keeps to it. */
export class ProbeTrain {
  readonly #next: number[];

  constructor(
    private readonly plan: ProbePlan,
    private readonly endNs = Number.POSITIVE_INFINITY,
  ) {
    this.#next = plan.paths.map(() => 0);
  }

  /** Those due before this instant that were not handed out yet, in the order in which they are due. */
  until(ns: number): DueProbe[] {
    const due: DueProbe[] = [];
    const before = Math.min(ns, this.endNs);
    const { startAtNs = 0 } = this.plan;
    for (const [path, { intervalNs, phaseNs = 0, flows }] of this.plan.paths.entries()) {
      for (let slot = this.#next[path] as number; ; slot += 1) {
        const dueNs = startAtNs + phaseNs + slot * intervalNs;
        if (dueNs >= before) {
          this.#next[path] = slot;
          break;
        }
        due.push({ path, flow: slot % flows, slot, dueNs });
      }
    }
    return due.sort((a, b) => a.dueNs - b.dueNs);
  }
}
