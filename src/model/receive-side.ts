/** What a machine says of the interface that probes come in by. */
export interface ReceiveSide {
  readonly interface: string;
  readonly rxQueues: number;
  /** Packets are spread over CPUs by software behind the queues: RPS. */
  readonly spreadBySoftware: boolean;
  /** CPUs that serve a queue, by queue; empty where it does not say. */
  readonly cpusOfQueue: readonly (readonly number[])[];
  /** How the card spreads TCP over its queues, or why that is not known. */
  readonly spread:
    | {
        readonly by: 'toeplitz';
        readonly key: readonly number[];
        readonly table: readonly number[];
        /** Whether ports of TCP are part of the input, by family. */
        readonly ports: { readonly ipv4: boolean; readonly ipv6: boolean };
      }
    | { readonly by: 'unknown'; readonly why: string };
}
