/** A genuine probe of another node on its arrival at this one. Instants count from the epoch of the stream. */
export interface Arrived {
  readonly sender: string;
  /** Which of this node's addresses it was sent to. */
  readonly target: string;
  readonly protocol: 'icmp' | 'syn';
  /** 0 for an echo. */
  readonly sourcePort: number;
  readonly targetPort: number;
  /** When it reached the packet socket, as far as is known. */
  readonly timeNs: number;
  /** Later than the quickest of the last 30 s from this sender to this address, what its own sending was late included. */
  readonly lateNs: number;
  /** Of that, behind the stamp of the driver: RPS, a full backlog. */
  readonly backlogNs: number;
}
