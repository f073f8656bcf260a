import type { EdgeKind, EdgeProtocol } from './member.js';

/** One path of an agent to one of its neighbours. */
export interface EdgePath {
  readonly to: string;
  readonly kind: EdgeKind;
  readonly protocol: EdgeProtocol;
  readonly address: string;
  readonly port?: number | undefined;
  readonly flows: number;
  /** Of each flow its source port, where they were chosen. */
  readonly fromPorts?: readonly number[] | undefined;
  readonly intervalNs: number;
}

/** `FROM>TO/icmp`; what is no machine's own address says its kind: `FROM>TO:pod/syn`. */
export function edgePathName(from: string, { to, kind, protocol }: EdgePath): string {
  return `${from}>${to}${kind === 'node' ? '' : `:${kind}`}/${protocol}`;
}

/** All paths to one neighbour together: `FROM>TO/edge`. */
export function edgeName(from: string, to: string): string {
  return `${from}>${to}/edge`;
}
