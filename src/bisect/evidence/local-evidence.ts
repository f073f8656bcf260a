/**
 * What a helper on a target machine saw there. Instants are on the common time line, in nanoseconds since the epoch of
 * the whole run; machines are named as in the stages of paths.
 */
export type LocalEvidence =
  | ArrivalsEvidence
  | CpuGapEvidence
  | NapiDelayEvidence
  | SoftnetEvidence
  | KernelWaitEvidence;

/**
 * The receiver's view of the probes of one incident. `before-capture`: they reached the capture point late, so the wait
 * was in the network or in the receive queue (a software stamp is taken after the wait for the driver's poll).
 */
export interface ArrivalsEvidence {
  readonly kind: 'arrivals';
  readonly machine: string;
  readonly path: string;
  readonly fromNs: number;
  readonly toNs: number;
  readonly where: 'before-capture' | 'inside-node' | 'on-the-way-back';
  /** Longest wait in that part of the way. */
  readonly excessNs: number;
  readonly heldProbes: number;
  /** In which order the held probes came out: as sent, or in batches by flow. */
  readonly order: 'fifo' | 'by-flow' | 'unknown';
}

/** A heartbeat of 1 ms was missed on a CPU. */
export interface CpuGapEvidence {
  readonly kind: 'cpu-gap';
  readonly machine: string;
  readonly cpu: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Whether the CPU serves receive queues of the interface that probes come in by. */
  readonly servesInterface: boolean;
}

/** A NAPI thread was ready but did not run. */
export interface NapiDelayEvidence {
  readonly kind: 'napi-delay';
  readonly machine: string;
  readonly thread: string;
  readonly queue?: number;
  readonly fromNs: number;
  readonly delayNs: number;
  /** All of it may have been so much earlier: who looks at its thread may come late. */
  readonly uncertaintyNs: number;
}

/** Deltas of /proc/net/softnet_stat for one CPU. */
export interface SoftnetEvidence {
  readonly kind: 'softnet';
  readonly machine: string;
  readonly cpu: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly timeSqueeze: number;
  readonly dropped: number;
}

/** Received packets waited for a CPU: from the raise of the softirq, or the waking of its thread, to its entry. */
export interface KernelWaitEvidence {
  readonly kind: 'kernel-wait';
  readonly machine: string;
  readonly cpu: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** From when to when the kernel of a machine was asked for waits: there their absence is evidence too. */
export interface TraceCoverage {
  readonly machine: string;
  readonly fromNs: number;
  /** Infinity while it goes on. */
  readonly toNs: number;
  /** Waits shorter than this are not told. */
  readonly minNs: number;
}

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
}

/** The interval that a piece of evidence lies in. */
export function spanOf(evidence: LocalEvidence): Span {
  return evidence.kind === 'napi-delay'
    ? { fromNs: evidence.fromNs - evidence.uncertaintyNs, toNs: evidence.fromNs + evidence.delayNs }
    : { fromNs: evidence.fromNs, toNs: evidence.toNs };
}

/**
 * When it was, if it is about an incident with this release: a wait of unsure place ends with the packets that it held, as
 * far as it may have been so early.
 */
export function spanBefore(evidence: LocalEvidence, releaseNs: number): Span {
  if (evidence.kind !== 'napi-delay') return spanOf(evidence);
  const { fromNs, delayNs, uncertaintyNs } = evidence;
  const earlierNs = Math.min(uncertaintyNs, Math.max(0, fromNs + delayNs - releaseNs));
  return { fromNs: fromNs - earlierNs, toNs: fromNs + delayNs - earlierNs };
}
