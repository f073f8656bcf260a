import type { Finding, Stall } from '../model/finding.js';
import { isRequest } from '../model/protocol.js';
import type { AnsweredSweep } from './answered-sweep.js';
import type { DetectedPath } from './detected-path.js';
import { HeldLosses } from './held-losses.js';
import { LossRuns } from './loss-episode.js';
import { JUDGE_AGAIN_NS } from './open-case.js';
import { Retransmissions } from './retransmissions.js';

/** What of a path is certain only some time after it came: losses, and answers to what was sent again. */
export class Unsettled {
  readonly repeated: Retransmissions;
  /** When to look again; never while there is nothing. */
  settleAtNs = Number.POSITIVE_INFINITY;
  /** Losses that a stall made. */
  unanswerable = 0;
  readonly #losses: LossRuns;
  readonly #held = new HeldLosses();

  constructor(
    private readonly path: DetectedPath,
    private readonly sweep: AnsweredSweep,
    gapNs: number,
    waitNs: number,
  ) {
    this.#losses = new LossRuns(path.name, path.intervalNs, waitNs);
    this.repeated = new Retransmissions(path.name, gapNs, isRequest(path.protocol) ? path.intervalNs / 2 : 0);
  }

  get isPending(): boolean {
    return this.settleAtNs !== Number.POSITIVE_INFINITY;
  }

  lost(seq: number, sentNs: number, flow: number): void {
    this.#losses.lost(seq, sentNs, flow);
  }

  /** A reply came after all. @returns whether its probe was counted as lost */
  takeBack(seq: number, sentNs: number): boolean {
    return this.#losses.takeBack(seq, sentNs);
  }

  /** What a stall held may be lost by its release, or wait as long as a repetition does. */
  stalled(stall: Stall): void {
    this.#held.add(stall);
    this.repeated.add(stall);
  }

  /**
   * What is certain by now.
   * @param final the run has ended: nothing is waited for
   */
  settle(nowNs: number, usualNs: number, final: boolean): Finding[] {
    const episodes = this.#losses.settle(
      nowNs,
      (flow) => this.sweep.answeredNs(flow),
      final,
      (sentNs, flow) => {
        if (this.path.protocol === 'syn' && this.#held.explain(sentNs, flow)) this.unanswerable += 1;
      },
    );
    const found = [
      ...episodes.map((episode) => this.#held.mark(episode)),
      ...this.repeated.settle(nowNs, usualNs, final),
    ];
    const waits = !final && (this.#losses.pending || this.repeated.pending);
    this.settleAtNs = waits ? nowNs + JUDGE_AGAIN_NS : Number.POSITIVE_INFINITY;
    return found;
  }
}
