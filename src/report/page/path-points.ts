import type { PagePoints } from '../html/page-data.js';

/** Points of one path, in the order of time. */
export interface PathPoints {
  /** Seconds of the day. */
  readonly atS: Float64Array;
  /** Milliseconds; -1 lost. */
  readonly rttMs: Float32Array;
  readonly flow: Uint16Array;
  readonly kind: Uint8Array;
}

/** @param secondOf seconds of the day of a time in units */
export function unpacked(packed: PagePoints, secondOf: (units: number) => number): PathPoints {
  const units = new Uint32Array(bytes(packed.time));
  return {
    atS: Float64Array.from(units, secondOf),
    rttMs: new Float32Array(bytes(packed.rtt)),
    flow: new Uint16Array(bytes(packed.flow)),
    kind: new Uint8Array(bytes(packed.kind)),
  };
}

/** Index of the first point at or after an instant. */
export function firstFrom(atS: Float64Array, second: number): number {
  let [low, high] = [0, atS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((atS[middle] ?? 0) < second) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Smallest and largest RTT in an interval, as far as there is one. */
export function rttRange(points: PathPoints, fromS: number, toS: number): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  const end = firstFrom(points.atS, toS);
  for (let at = firstFrom(points.atS, fromS); at < end; at += 1) {
    const rtt = points.rttMs[at] as number;
    if (rtt < 0) continue;
    if (rtt < least) least = rtt;
    if (rtt > most) most = rtt;
  }
  return { least, most };
}

function bytes(base64: string): ArrayBuffer {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) out[index] = text.charCodeAt(index);
  return out.buffer;
}
