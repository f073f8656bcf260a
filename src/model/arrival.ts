/** Which way a packet crossed the capture point: a probe that came in, or the reply to one that went out. */
export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Codes of {@link DIRECTIONS}, for comparing in columns. */
export const Directions = { in: 0, out: 1 } as const satisfies Record<Direction, number>;

/** Bits of `flags`. */
export const ArrivalFlags = {
  userStamp: 1,
  tunnelled: 2,
  clockStep: 4,
  freshFlow: 8,
} as const;

/**
 * What a watcher on a target machine saw of the probes, side by side, one typed array a field. Each probe stands here
 * at most once for each direction. Instants are integer nanoseconds on the watcher's own time line, since the epoch of
 * its stream.
 */
export interface ArrivalColumns {
  readonly length: number;
  readonly timeNs: Float64Array;
  /** Number of the path in the plan of the run. */
  readonly path: Uint32Array;
  readonly seq: Uint32Array;
  readonly flow: Uint16Array;
  /** Codes of {@link DIRECTIONS}. */
  readonly direction: Uint8Array;
  readonly flags: Uint8Array;
  /** Codes of the replies of samples; `none` for probes. */
  readonly reply: Uint8Array;
}

export function allocateArrivals(capacity: number): ArrivalColumns {
  return {
    length: capacity,
    timeNs: new Float64Array(capacity),
    path: new Uint32Array(capacity),
    seq: new Uint32Array(capacity),
    flow: new Uint16Array(capacity),
    direction: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    reply: new Uint8Array(capacity),
  };
}
