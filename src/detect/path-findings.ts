import type { Finding, Stall } from '../model/finding.js';
import { StallPeriod } from './stall-period.js';

/** What most calls give. */
export const NO_FINDINGS: readonly Finding[] = [];

/** The findings of one path, in the order in which they are handed out, and how many there were. */
export class PathFindings {
  readonly counts = { stalls: 0, spikes: 0, selfInflicted: 0 };
  readonly #period = new StallPeriod();
  #ready: Finding[] = [];
  #staged: Finding[] = [];

  /** Those to be handed out. */
  get staged(): boolean {
    return this.#staged.length > 0;
  }

  /** From one stall to the next, where they keep a distance; else null. */
  get stallPeriodNs(): number | null {
    return this.#period.periodNs();
  }

  /** Their turn comes when nothing that is released before them is waited for. */
  add(...findings: readonly Finding[]): void {
    this.#ready.push(...findings);
  }

  /** Their turn is now. */
  addStaged(findings: readonly Finding[]): void {
    this.#staged.push(...findings);
  }

  /** Passes on, in order of release, what lies before the first probe still waited for. */
  stage(waitingFromNs: number): void {
    this.#ready.sort((a, b) => a.release - b.release);
    const open = this.#ready.findIndex((finding) => finding.release >= waitingFromNs);
    this.#staged.push(...this.#ready.splice(0, open < 0 ? this.#ready.length : open));
  }

  /**
   * What was staged since the last call, and `others` of the same path behind it.
   * @param explained whether the prober's own pauses explain one
   */
  take(
    others: readonly Finding[],
    explained: (finding: Finding) => boolean,
    onStall: (stall: Stall) => void,
  ): readonly Finding[] {
    if (this.#staged.length === 0 && others.length === 0) return NO_FINDINGS;
    const taken = [...this.#staged, ...others].map((finding) =>
      explained(finding) ? { ...finding, selfInflicted: true } : finding,
    );
    this.#staged = [];
    for (const finding of taken) this.#count(finding, onStall);
    return taken;
  }

  #count(finding: Finding, onStall: (stall: Stall) => void): void {
    if (finding.selfInflicted) {
      this.counts.selfInflicted += 1;
    } else if (finding.kind === 'stall') {
      this.counts.stalls += 1;
      onStall(finding);
      this.#period.add(finding.release);
    } else if (finding.kind === 'rtt-spike') {
      this.counts.spikes += 1;
    }
  }
}
