import type { Stall } from '../model/finding.js';
import { FRESH_FLOW } from '../model/sample.js';
import type { Coverage, QueuesFrom } from '../model/summary.js';
import { type FlowSighting, groupFlows } from '../stats/flow-groups.js';
import type { DetectedPath } from './detected-path.js';
import { ASSUMED_QUEUES, pathCoverage } from './path-coverage.js';
import type { Level } from './probe-delay.js';

/** Stalls whose flows are remembered, to learn the number of queues from them. */
const MOST_SIGHTINGS = 64;
/** Fewer flows, or stalls, say too little of how many queues there are. */
const LEAST_FLOWS = 8;
const LEAST_SIGHTINGS = 3;

/** Which probes of a path were answered: what of its plan was carried out, and what it can show therefore. */
export class AnsweredSweep {
  /** Send instant of the last answered probe by flow; the last entry is that of probes from new ports. */
  readonly #answered: Float64Array;
  readonly #path: DetectedPath;
  readonly #flows: number;
  readonly #sightings: FlowSighting[] = [];
  #startNs = Number.POSITIVE_INFINITY;
  #newestNs = Number.POSITIVE_INFINITY;
  #widestGapNs = 0;
  #fixed = 0;

  constructor(path: DetectedPath) {
    this.#path = path;
    this.#flows = path.flows;
    this.#answered = new Float64Array(path.flows + 1).fill(-1);
  }

  /** Send instant of the first probe; infinite before. */
  get startNs(): number {
    return this.#startNs;
  }

  /** Longest distance of the sends of two answered probes that follow each other. */
  get widestGapNs(): number {
    return this.#widestGapNs;
  }

  /** @returns the send instant of the probe of the same flow that was answered before; below 0 for none */
  answer(sentNs: number, flow: number): number {
    if (sentNs < this.#startNs) {
      this.#startNs = sentNs;
      this.#newestNs = Math.min(this.#newestNs, sentNs);
    }
    const at = flow < this.#flows ? flow : this.#flows;
    if (at < this.#flows) this.#fixed += 1;
    const previousNs = this.#answered[at] as number;
    if (sentNs > previousNs) {
      this.#answered[at] = sentNs;
    }
    const gapNs = sentNs - this.#newestNs;
    if (gapNs > 0) {
      if (gapNs > this.#widestGapNs) this.#widestGapNs = gapNs;
      this.#newestNs = sentNs;
    }
    return previousNs;
  }

  unanswered(sentNs: number): void {
    if (sentNs < this.#startNs) this.#startNs = sentNs;
  }

  /** Send instant of the last answered probe of a flow; below 0 for none. */
  answeredNs(flow: number): number {
    return this.#answered[flow === FRESH_FLOW ? this.#flows : flow] ?? -1;
  }

  /** A stall whose flows tell how many queues there are. */
  stalled({ flowsHit, flowsExposed }: Stall): void {
    if (this.#flows < LEAST_FLOWS) return;
    this.#sightings.push({ hit: flowsHit, passed: flowsExposed });
    if (this.#sightings.length > MOST_SIGHTINGS) this.#sightings.shift();
  }

  /**
   * What it shows of stalls; null where too little was answered.
   *
   * @param asked the number of receive queues that the user names
   */
  coverage(level: Level, asked: number | undefined): Coverage | null {
    if (this.#fixed < 2) return null;
    const { intervalNs, freshPerSecond } = this.#path;
    const sweep = {
      intervalNs: Math.max(intervalNs, (this.#newestNs - this.#startNs) / (this.#fixed - 1)),
      flows: this.#answered.subarray(0, this.#flows).filter((sentNs) => sentNs >= 0).length,
      freshPerSecond: this.#answered[this.#flows] === -1 ? 0 : freshPerSecond,
    };
    const levels = { holdNs: level.holdNs, stallNs: level.stallNs, slowNs: Math.max(level.stallNs, level.thresholdNs) };
    const { queues, from } = this.#queues(asked);
    return { ...pathCoverage(sweep, levels, queues), queuesFrom: from };
  }

  #queues(asked: number | undefined): { readonly queues: number; readonly from: QueuesFrom } {
    if (asked !== undefined) return { queues: asked, from: 'asked' };
    const learnt = this.#sightings.length < LEAST_SIGHTINGS ? null : groupFlows(this.#sightings).queues;
    return learnt === null ? { queues: ASSUMED_QUEUES, from: 'assumed' } : { queues: learnt.likely, from: 'flows' };
  }
}
