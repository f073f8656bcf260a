/** How a probe ended; the code is its index and stands in columns and frames. */
export const OUTCOMES = ['reply', 'late', 'lost', 'send-failed', 'error', 'rate-limited'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Codes of {@link OUTCOMES}, for comparing in columns. */
export const Outcomes = { reply: 0, late: 1, lost: 2, sendFailed: 3, error: 4, rateLimited: 5 } as const;

/** What answered; the code is its index. */
export const REPLIES = ['none', 'syn-ack', 'rst', 'echo', 'udp', 'unreachable', 'ttl-exceeded', 'other-icmp'] as const;
export type Reply = (typeof REPLIES)[number];

/** `flow` of a probe sent from a source port of its own. */
export const FRESH_FLOW = 0xffff;

/** Set in `seq` of such a probe, whose numbers count apart from those of the fixed flows. */
export const FRESH_SEQ_BIT = 0x8000_0000;

/** Bits of `flags`. */
export const SampleFlags = {
  userSentStamp: 1,
  userReceivedStamp: 2,
  hardwareStamps: 4,
  freshFlow: 8,
  clockStep: 16,
} as const;

/**
 * Samples side by side, one typed array a field; element i of each belongs to sample i. Only the first
 * `length` elements count. Instants are integer nanoseconds since the epoch of the run; a float64 holds
 * them exactly for 100 days.
 *
 * Samples come in the order in which their outcome became known, not in the order of sending. A `late`
 * sample supersedes the `lost` one of the same path and seq.
 */
export interface SampleColumns {
  readonly length: number;
  /**
   * Where these came in several batches: how many samples there are up to the end of each. Findings are handed out
   * between batches, so what is put together is to be taken in as it came.
   */
  readonly cuts?: readonly number[];
  readonly path: Uint32Array;
  readonly seq: Uint32Array;
  readonly flow: Uint16Array;
  readonly dueNs: Float64Array;
  readonly sentNs: Float64Array;
  /** -1 where there was no reply. */
  readonly rttNs: Float64Array;
  /** How late the prober woke for this slot; saturates at 2^32 - 1. */
  readonly lagNs: Uint32Array;
  /** Codes of {@link OUTCOMES}. */
  readonly outcome: Uint8Array;
  /** Codes of {@link REPLIES}. */
  readonly reply: Uint8Array;
  /** Of the reply; 0 when unknown. */
  readonly ttl: Uint8Array;
  readonly flags: Uint8Array;
  readonly icmpType: Uint8Array;
  readonly icmpCode: Uint8Array;
  /** errno of a failed send. */
  readonly errorCode: Uint16Array;
}

/** Room for `capacity` samples, to be filled and then cut with {@link takeSamples}. */
export function allocateSamples(capacity: number): SampleColumns {
  // One piece of memory for all columns: blocks are small and many, and each piece has its cost.
  const memory = new ArrayBuffer(46 * capacity);
  return {
    length: capacity,
    dueNs: new Float64Array(memory, 0, capacity),
    sentNs: new Float64Array(memory, 8 * capacity, capacity),
    rttNs: new Float64Array(memory, 16 * capacity, capacity),
    path: new Uint32Array(memory, 24 * capacity, capacity),
    seq: new Uint32Array(memory, 28 * capacity, capacity),
    lagNs: new Uint32Array(memory, 32 * capacity, capacity),
    flow: new Uint16Array(memory, 36 * capacity, capacity),
    errorCode: new Uint16Array(memory, 38 * capacity, capacity),
    outcome: new Uint8Array(memory, 40 * capacity, capacity),
    reply: new Uint8Array(memory, 41 * capacity, capacity),
    ttl: new Uint8Array(memory, 42 * capacity, capacity),
    flags: new Uint8Array(memory, 43 * capacity, capacity),
    icmpType: new Uint8Array(memory, 44 * capacity, capacity),
    icmpCode: new Uint8Array(memory, 45 * capacity, capacity),
  };
}

/** The first `length` samples of `columns`; shares its memory. */
export function takeSamples(columns: SampleColumns, length: number): SampleColumns {
  return { ...columns, length };
}
