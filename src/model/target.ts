/** What is probed. A `service` is a ClusterIP: its NAT sits on the vantage's node. */
export const TARGET_KINDS = ['node', 'pod', 'nodeport', 'service', 'external', 'control'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A target with its address resolved. */
export interface Target {
  /** Name from hosts.yaml, or the words of the command line. */
  readonly name: string;
  /** Numeric address. */
  readonly address: string;
  readonly port?: number;
  /** Unknown for a bare address. */
  readonly kind?: TargetKind;
}
