/** What was counted on one path. */
export interface ExchangeTotals {
  sent: number;
  received: number;
  late: number;
  lost: number;
  inFlight: number;
  errors: number;
  duplicates: number;
  /** SYNs that were sent again for want of an answer. */
  sentAgain: number;
  /** Probes with the number of one shortly before, which no kernel does. */
  sameNumber: number;
  /** The same packet, seen at several interfaces: counted once. */
  copies: number;
  firstNs: number;
  lastNs: number;
  /** From one probe to the next, at most. */
  widestGapNs: number;
  /** Of answers to probes that were sent once; Infinity for none. */
  shortestRttNs: number;
  nextSeq: number;
  nextFreshSeq: number;
}

/** What was counted on no path. */
export interface CaptureTotals {
  packets: number;
  /** Of a link type that is not understood. */
  unknownLinks: Map<number, number>;
  /** In something that is not looked into, by the number of {@link UNREAD}. */
  unread: number[];
  /** Answers whose probe is not in the capture. */
  strays: number;
  /** Probes on paths beyond those that are followed. */
  leftOut: number;
  clockSteps: number;
  dropped: number;
}

/** Of a path on which nothing was seen yet. */
export function noTotals(): ExchangeTotals {
  return {
    sent: 0,
    received: 0,
    late: 0,
    lost: 0,
    inFlight: 0,
    errors: 0,
    duplicates: 0,
    sentAgain: 0,
    sameNumber: 0,
    copies: 0,
    firstNs: 0,
    lastNs: 0,
    widestGapNs: 0,
    shortestRttNs: Number.POSITIVE_INFINITY,
    nextSeq: 0,
    nextFreshSeq: 0,
  };
}
