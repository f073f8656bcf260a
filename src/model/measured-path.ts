import type { Protocol } from './protocol.js';
import type { Stage } from './stage.js';
import type { TargetKind } from './target.js';

/** A path with what is known of the way its packets take. Vantages and targets are named as machines are. */
export interface MeasuredPath {
  /** `vantage>target/protocol`, as in samples and findings. */
  readonly name: string;
  readonly vantage: string;
  readonly target: string;
  readonly targetKind: TargetKind;
  readonly protocol: Protocol;
  /** The machine that answers: that of the node, or the node of the pod. */
  readonly answeredBy: string;
  /** Where probes are sent; absent where it is not known. Packets between the same two addresses may hash alike. */
  readonly address?: string;
  readonly intervalNs: number;
  /** Fixed source ports; 1 for ICMP, whose packets hash by addresses alone. */
  readonly flows: number;
  readonly freshPerSecond: number;
  /** Pods behind a NodePort or service, where that is known: with several its flows part for that reason too. */
  readonly backends?: number;
  /** The pod behind a NodePort or service, by the name of its target, where it is known. */
  readonly pod?: string;
  /** Stages that a probe crosses on its way out, in order. */
  readonly out: readonly Stage[];
  /** Stages that the reply crosses, in order. */
  readonly back: readonly Stage[];
}
