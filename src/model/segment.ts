/**
 * A segment of TCP that came from a server, as the kernel stamped it; segments that it put together count as one. Instants
 * count from the epoch of the stream.
 */
export interface Segment {
  /** Stamp of the driver's hand-over; where there is none, when the packet socket got it. */
  readonly timeNs: number;
  /** Sequence number of its first byte, or of the SYN. */
  readonly seq: number;
  /** Of data. */
  readonly bytes: number;
  /** Of this machine. */
  readonly port: number;
  /** Number of the place in the plan. */
  readonly place: number;
  /** It opens the connection. */
  readonly syn: boolean;
}
