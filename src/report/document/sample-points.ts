/** How a point of the plot is drawn. */
export const PointKinds = { usual: 0, held: 1, lost: 2 } as const;

/** Real samples of one path picked for its plot, side by side, in the order of sending. */
export interface SamplePoints {
  readonly sentNs: Float64Array;
  /** -1 where the probe was lost. */
  readonly rttNs: Float64Array;
  readonly flow: Uint16Array;
  /** Codes of {@link PointKinds}. */
  readonly kind: Uint8Array;
}

/** Gathers points in any order, the same one several times if need be. */
export class PointGatherer {
  readonly #sentNs: number[] = [];
  readonly #rttNs: number[] = [];
  readonly #flow: number[] = [];

  add(sentNs: number, rttNs: number, flow: number): void {
    this.#sentNs.push(sentNs);
    this.#rttNs.push(rttNs);
    this.#flow.push(flow);
  }

  copyTo(other: PointGatherer): void {
    for (let index = 0; index < this.#sentNs.length; index += 1) {
      other.add(this.#sentNs[index] ?? 0, this.#rttNs[index] ?? -1, this.#flow[index] ?? 0);
    }
  }

  /**
   * Each once, in the order of sending. A path sends no two probes in one nanosecond, so the instant tells them apart;
   * where a probe was taken for lost and answered after all, the answer counts.
   */
  points(): SamplePoints {
    const order = Uint32Array.from(this.#sentNs, (_, index) => index);
    order.sort(
      (a, b) => (this.#sentNs[a] ?? 0) - (this.#sentNs[b] ?? 0) || (this.#rttNs[b] ?? 0) - (this.#rttNs[a] ?? 0),
    );
    let length = 0;
    let before = Number.NaN;
    for (const index of order) {
      const sentNs = this.#sentNs[index] ?? 0;
      if (sentNs === before) continue;
      before = sentNs;
      order[length] = index;
      length += 1;
    }
    const picked = order.subarray(0, length);
    const rttNs = Float64Array.from(picked, (index) => this.#rttNs[index] ?? -1);
    return {
      sentNs: Float64Array.from(picked, (index) => this.#sentNs[index] ?? 0),
      rttNs,
      flow: Uint16Array.from(picked, (index) => this.#flow[index] ?? 0),
      kind: Uint8Array.from(rttNs, (rtt) => (rtt < 0 ? PointKinds.lost : PointKinds.usual)),
    };
  }
}
