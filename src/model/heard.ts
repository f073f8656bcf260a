/**
 * A packet that arrived and looks like a probe of another machine: whose it is and whether it is genuine is for the
 * reader to find out. Instants count from the epoch of the stream.
 */
export interface Heard {
  /** Stamp of the driver's hand-over. */
  readonly timeNs: number;
  /** So long at least it waited from there to the packet socket. */
  readonly backlogNs: number;
  readonly protocol: 'icmp' | 'syn';
  /** Numeric addresses as the packet has them on arrival. */
  readonly source: string;
  readonly target: string;
  /** Of a SYN; 0 for an echo. */
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly tcpSeq: number;
  /** Of an echo: its key and announcement; empty for a SYN. */
  readonly payload: Uint8Array;
  /** The wall clock stepped around then, by which stamps are converted: the instant is of no use. */
  readonly clockStepped: boolean;
}
