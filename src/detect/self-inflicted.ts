import type { Pause } from '../model/engine-event.js';
import type { Finding } from '../model/finding.js';
import { SECOND } from '../model/time.js';

/** Pauses longer ago than this explain nothing that is still to be judged: replies are matched for 30 s. */
const REMEMBERED_NS = 65 * SECOND;
const MOST_PAUSES = 4_096;
/**
 * Share of a finding's length that pauses must cover. A late wake of 2 ms beside a stall of 130 ms explains
 * nothing of it; a pause that forged the stall covers all of it, but for the time the probes were under way anyway.
 */
const COVERED = 0.4;

/** The intervals in which the prober itself did not run. */
export class OwnPauses {
  readonly #pauses: Pause[] = [];

  add(pause: Pause): void {
    this.#pauses.push(pause);
    while (
      this.#pauses.length > MOST_PAUSES ||
      (this.#pauses[0] !== undefined && this.#pauses[0].toNs < pause.toNs - REMEMBERED_NS)
    ) {
      this.#pauses.shift();
    }
  }

  /**
   * Whether the prober's own pauses explain a finding: they cover at least 40 % of its length, or of its excess
   * where that is shorter (on a long path most of the RTT is not the stall); or a clock step lies inside it.
   */
  explain(finding: Pick<Finding, 'startMin' | 'release' | 'durationNs' | 'excessNs'>): boolean {
    let covered = 0;
    let coveredTo = Number.NEGATIVE_INFINITY;
    for (const pause of this.#pauses) {
      if (pause.toNs < finding.startMin || pause.fromNs > finding.release) {
        continue;
      }
      if (pause.cause === 'clock-step') {
        return true;
      }
      // A late wake and the slots missed by it are two records of one pause: overlaps count once.
      const from = Math.max(pause.fromNs, finding.startMin, coveredTo);
      const to = Math.min(pause.toNs, finding.release);
      if (to > from) {
        covered += to - from;
        coveredTo = to;
      }
    }
    const length = finding.excessNs > 0 ? Math.min(finding.durationNs, finding.excessNs) : finding.durationNs;
    return covered > 0 && covered >= COVERED * length;
  }
}
