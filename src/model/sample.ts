import type { RequestDetail } from './request.js';

/** How a probe ended; the code is its index and stands in columns and frames. */
export const OUTCOMES = ['reply', 'late', 'lost', 'send-failed', 'error', 'rate-limited'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Codes of {@link OUTCOMES}, for comparing in columns. */
export const Outcomes = { reply: 0, late: 1, lost: 2, sendFailed: 3, error: 4, rateLimited: 5 } as const;

/** What answered; the code is its index. */
export const REPLIES = [
  'none',
  'syn-ack',
  'rst',
  'echo',
  'udp',
  'unreachable',
  'ttl-exceeded',
  'other-icmp',
  'response',
] as const;
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
  /** Of {@link SampleColumns.txDelayNs} most passed before the interface's queue: address resolution, held by a rule. */
  heldBeforeQueue: 32,
  /** Of it most passed in a queue of an interface. Without either flag the packet left within the send call. */
  heldInQueue: 64,
  /**
   * The driver's receive stamp was gone (a BPF redirect into the namespace, for one) and the packet socket's is in its
   * place: the RTT contains what the reply waited after the driver had handed it up.
   */
  socketReceivedStamp: 128,
} as const;

/** Who stamped the arrival of a reply, from the first to the last on its way: what comes later contains further waits. */
export const RECEIVED_STAMPS = ['card', 'driver', 'socket', 'user'] as const;
export type ReceivedStamp = (typeof RECEIVED_STAMPS)[number];

/** Who stamped the arrival of a reply with these flags: the place in {@link RECEIVED_STAMPS}. */
export function stampPlace(flags: number): number {
  if ((flags & SampleFlags.hardwareStamps) !== 0) return 0;
  if ((flags & SampleFlags.userReceivedStamp) !== 0) return 3;
  return (flags & SampleFlags.socketReceivedStamp) !== 0 ? 2 : 1;
}

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
  /** By batch, the instants that were told behind it, up to which time had passed. */
  readonly passed?: readonly (readonly number[] | undefined)[];
  readonly path: Uint32Array;
  readonly seq: Uint32Array;
  readonly flow: Uint16Array;
  readonly dueNs: Float64Array;
  readonly sentNs: Float64Array;
  /** -1 where there was no reply. */
  readonly rttNs: Float64Array;
  /** How late the prober handed the probe to the kernel; saturates at 2^32 - 1. */
  readonly lagNs: Uint32Array;
  /**
   * From that hand-over to the transmit stamp: the sender's own way out, which `rttNs` does not contain. Saturates at
   * 2^32 - 1; 0 where it was not measured (user-space stamps, other engines, imports, a probe that never left).
   * A packet that waited there has one of the flags `heldBeforeQueue` and `heldInQueue`; without, it left within the
   * send call, and what it took is the prober's own time on its CPU.
   */
  readonly txDelayNs: Uint32Array;
  /** Codes of {@link OUTCOMES}. */
  readonly outcome: Uint8Array;
  /** Codes of {@link REPLIES}. */
  readonly reply: Uint8Array;
  /** Of the reply; 0 when unknown. */
  readonly ttl: Uint8Array;
  readonly flags: Uint8Array;
  readonly icmpType: Uint8Array;
  readonly icmpCode: Uint8Array;
  /** Of an ICMP error the number of its sender in `routers`; 0 unknown. See {@link routerOf}. */
  readonly router: Uint16Array;
  /** Numeric addresses by the numbers of `router`. Absent where there are none. */
  readonly routers?: ReadonlyMap<number, string>;
  /** errno of a failed send. */
  readonly errorCode: Uint16Array;
  /** Of requests their phases, by the index of the sample. Absent where there are none. */
  readonly requests?: ReadonlyMap<number, RequestDetail>;
}

/** Room for `capacity` samples, to be filled and then cut with {@link takeSamples}. */
export function allocateSamples(capacity: number): SampleColumns {
  // One piece of memory for all columns: blocks are small and many, and each piece has its cost.
  const memory = new ArrayBuffer(52 * capacity);
  return {
    length: capacity,
    dueNs: new Float64Array(memory, 0, capacity),
    sentNs: new Float64Array(memory, 8 * capacity, capacity),
    rttNs: new Float64Array(memory, 16 * capacity, capacity),
    path: new Uint32Array(memory, 24 * capacity, capacity),
    seq: new Uint32Array(memory, 28 * capacity, capacity),
    lagNs: new Uint32Array(memory, 32 * capacity, capacity),
    txDelayNs: new Uint32Array(memory, 36 * capacity, capacity),
    flow: new Uint16Array(memory, 40 * capacity, capacity),
    errorCode: new Uint16Array(memory, 42 * capacity, capacity),
    router: new Uint16Array(memory, 44 * capacity, capacity),
    outcome: new Uint8Array(memory, 46 * capacity, capacity),
    reply: new Uint8Array(memory, 47 * capacity, capacity),
    ttl: new Uint8Array(memory, 48 * capacity, capacity),
    flags: new Uint8Array(memory, 49 * capacity, capacity),
    icmpType: new Uint8Array(memory, 50 * capacity, capacity),
    icmpCode: new Uint8Array(memory, 51 * capacity, capacity),
  };
}

/** The first `length` samples of `columns`; shares its memory. */
export function takeSamples(columns: SampleColumns, length: number): SampleColumns {
  return { ...columns, length };
}

/** The first `length` samples in memory of their own. */
export function sliceSamples(columns: SampleColumns, length: number): SampleColumns {
  const copy = allocateSamples(length);
  for (const [name, column] of Object.entries(copy)) {
    const from = columns[name as keyof SampleColumns];
    if (ArrayBuffer.isView(column)) (column as Uint8Array).set((from as Uint8Array).subarray(0, length));
  }
  return {
    ...copy,
    ...(columns.routers === undefined ? {} : { routers: columns.routers }),
    ...(columns.requests === undefined ? {} : { requests: columns.requests }),
  };
}

/** Copies one sample from columns to columns of the same routers. */
export function copySample(from: SampleColumns, i: number, to: SampleColumns, j: number): void {
  to.path[j] = from.path[i] as number;
  to.seq[j] = from.seq[i] as number;
  to.flow[j] = from.flow[i] as number;
  to.dueNs[j] = from.dueNs[i] as number;
  to.sentNs[j] = from.sentNs[i] as number;
  to.rttNs[j] = from.rttNs[i] as number;
  to.lagNs[j] = from.lagNs[i] as number;
  to.txDelayNs[j] = from.txDelayNs[i] as number;
  to.outcome[j] = from.outcome[i] as number;
  to.reply[j] = from.reply[i] as number;
  to.ttl[j] = from.ttl[i] as number;
  to.flags[j] = from.flags[i] as number;
  to.icmpType[j] = from.icmpType[i] as number;
  to.icmpCode[j] = from.icmpCode[i] as number;
  to.router[j] = from.router[i] as number;
  to.errorCode[j] = from.errorCode[i] as number;
}

/** Numeric address of the machine that sent the ICMP error of sample `index`; undefined where it is not known. */
export function routerOf(samples: SampleColumns, index: number): string | undefined {
  return samples.routers?.get(samples.router[index] ?? 0);
}
