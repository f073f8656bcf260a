/** Frames come no faster than this: what changes oftener nobody reads. */
const FRAME_MS = 100;
/** Painting takes at most this share of the time, whatever a frame costs. */
const SHARE = 0.05;
const SLOWEST_MS = 1_000;
/** A cost counts this much against those before it, so that one slow frame does not slow the picture down. */
const WEIGHT = 0.2;

/** Says when the next frame is due. Reads no clock. */
export class FramePacer {
  #costMs = 0;
  #dropped = 0;

  /** Frames that were left out because the terminal had not taken the one before. */
  get dropped(): number {
    return this.#dropped;
  }

  /** After a frame that took so long: the time until the next. */
  painted(costMs: number): number {
    this.#costMs += (costMs - this.#costMs) * (this.#costMs === 0 ? 1 : WEIGHT);
    return Math.min(SLOWEST_MS, Math.max(FRAME_MS, this.#costMs / SHARE));
  }

  /** Nothing has changed: the time until that is looked at again. */
  idle(): number {
    return FRAME_MS;
  }

  /** The terminal is busy: the time until it is asked again. */
  drop(): number {
    this.#dropped += 1;
    return FRAME_MS;
  }
}
