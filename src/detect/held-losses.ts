import type { LossEpisode, Stall } from '../model/finding.js';

/** Stalls remembered: losses are judged seconds after them, or half a minute. */
const REMEMBERED = 64;

/**
 * Tells losses that a stall made from losses of the network. At the release of a receive queue its packets are
 * handed up in one batch; a connection tracker then sees several SYNs of one flow before the first has its entry,
 * and drops all but that one (Linux counts them as insert_failed).
 */
export class HeldLosses {
  readonly #stalls: Stall[] = [];

  add(stall: Stall): void {
    this.#stalls.push(stall);
    if (this.#stalls.length > REMEMBERED) this.#stalls.shift();
  }

  /** Whether a stall held the flow of a lost probe when it was sent. */
  explain(sentNs: number, flow: number): boolean {
    return this.#stalls.some(
      (stall) => stall.startMin <= sentNs && sentNs <= stall.release && stall.flowsHit.includes(flow),
    );
  }

  /** The episode, marked where one stall held all flows of it when its probes were sent. */
  mark(episode: LossEpisode): LossEpisode {
    const held = this.#stalls.some(
      (stall) =>
        stall.startMin <= episode.startMax &&
        episode.release <= stall.release &&
        episode.flowsHit.every((flow) => stall.flowsHit.includes(flow)),
    );
    return held ? { ...episode, duringStall: true } : episode;
  }
}
