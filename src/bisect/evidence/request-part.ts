import type { RequestDetail } from '../../model/request.js';

/** In which part a request spent most of its time; the code is what logs keep. */
export const REQUEST_PARTS = { unsaid: 0, connect: 1, answer: 2 } as const;

/** Share of its time that a request must have spent in one part. */
const MOST = 0.7;

/** Requests that waited, by the part in which they did. */
export interface WaitedIn {
  /** Until its connection was open, which kernels alone see to. */
  readonly connect: number;
  /** For the answer over it, which is up to a process. */
  readonly answer: number;
}

/** One of {@link REQUEST_PARTS}; unsaid where it opened no connection, or one that was open already served it. */
export function requestPart(detail: RequestDetail | undefined, rttNs: number): number {
  const connectNs = detail?.phases.connect;
  if (detail === undefined || connectNs === undefined || detail.reused || detail.retried) return REQUEST_PARTS.unsaid;
  if (connectNs >= MOST * rttNs) return REQUEST_PARTS.connect;
  const { tls = 0, body = 0, 'first-byte': firstByte = 0 } = detail.phases;
  return tls + firstByte + body >= MOST * rttNs ? REQUEST_PARTS.answer : REQUEST_PARTS.unsaid;
}
