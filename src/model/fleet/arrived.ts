/**
 * A packet on its arrival at this node: a genuine probe of another node, or the answer of one to a probe of this node.
 * Instants count from the epoch of the stream.
 */
export interface Arrived {
  readonly what: 'probe' | 'reply';
  /** The node that sent it. */
  readonly sender: string;
  /** Which of this node's addresses a probe was sent to, or which address answered. */
  readonly target: string;
  readonly protocol: 'icmp' | 'syn';
  /** Of a probe, 0 for an echo; of a reply the number of its flow on its path. */
  readonly sourcePort: number;
  readonly targetPort: number;
  /** When it reached the packet socket, as far as is known. */
  readonly timeNs: number;
  /**
   * Later than the quickest of the last 30 s: of a probe from this sender to this address, what its own sending was late
   * included; of a reply by the round trips of its path.
   */
  readonly lateNs: number;
  /** Of that, behind the stamp of the driver: RPS, a full backlog. Not known of replies. */
  readonly backlogNs: number;
}
