/** Instants at which stretches of a stream were there; beyond that those in the middle of an answer are let go. */
const MOST_STEPS = 4_096;
/** Pieces that came before what precedes them. */
const MOST_AHEAD = 256;

interface Piece {
  /** Number of the last byte, counted from 1. */
  readonly through: number;
  readonly atNs: number;
}

/**
 * When the bytes that a server sent over one connection were there, by the stamps of its segments. A byte is there when all
 * before it are too: what is lost and sent again counts from when it came, and a second copy counts for nothing.
 */
export class StreamArrivals {
  /** Bytes that are there without a gap. */
  #through = 0;
  /** Sequence number of the next byte. */
  #nextSeq: number;
  #steps: Piece[] = [];
  #ahead: (Piece & { readonly from: number })[] = [];

  /**
   * @param synSeq sequence number of the SYN-ACK
   * @param connectedNs when that came
   */
  constructor(
    readonly synSeq: number,
    readonly connectedNs: number,
  ) {
    this.#nextSeq = (synSeq + 1) >>> 0;
  }

  take(seq: number, bytes: number, atNs: number): void {
    // Sequence numbers wrap; a window is far less than half of them.
    const first = this.#through + ((seq - this.#nextSeq) | 0) + 1;
    const through = first + bytes - 1;
    if (through <= this.#through) return;
    if (first > this.#through + 1) {
      if (this.#ahead.length < MOST_AHEAD) this.#ahead.push({ from: first, through, atNs });
      return;
    }
    this.#reach(through, atNs);
  }

  /** Since when all is there up to that byte; `undefined` as long as it is not. */
  thereNs(byte: number): number | undefined {
    return this.#steps.find(({ through }) => through >= byte)?.atNs;
  }

  /** Nobody asks any more for bytes up to this one. */
  forget(byte: number): void {
    this.#steps = this.#steps.filter(({ through }) => through > byte);
  }

  /** Whoever reads has had all up to that byte: what no stamp was told of has come too. */
  skipTo(byte: number): void {
    if (byte > this.#through) this.#reach(byte, Number.POSITIVE_INFINITY);
  }

  #reach(through: number, atNs: number): void {
    let reached = through;
    for (let joins = true; joins; ) {
      const next = this.#ahead.filter(({ from }) => from <= reached + 1);
      joins = next.length > 0;
      if (!joins) break;
      this.#ahead = this.#ahead.filter(({ from }) => from > reached + 1);
      reached = Math.max(reached, ...next.map((piece) => piece.through));
    }
    this.#nextSeq = (this.#nextSeq + (reached - this.#through)) >>> 0;
    this.#through = reached;
    this.#steps.push({ through: reached, atNs });
    if (this.#steps.length > MOST_STEPS) this.#steps.splice(MOST_STEPS / 4, MOST_STEPS / 2);
  }
}
