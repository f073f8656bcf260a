import type { Overlay } from './overlay.js';
import type { Stage, StageKind } from './stage.js';
import type { TargetKind } from './target.js';

/** What decides by which stages probes go and replies come. Machines are named as in stages. */
export interface Way {
  readonly targetKind: TargetKind;
  /** The machine that probes start from. */
  readonly from: string;
  /** It is probed as a node as well: replies to it cross its `rx-queue`; those to any other count as its `sender`. */
  readonly fromIsProbed: boolean;
  /** The machine that a packet to the target's address arrives at first: of a NodePort the node that has the port. */
  readonly entrance: string;
  /** The machine that answers: of what leads to a pod the one that the pod is on. */
  readonly answering: string;
  /** The tunnel through which packets from other nodes come to the pod behind the target. */
  readonly overlay: Overlay | undefined;
  /** What answers there, behind the network. */
  readonly behindNetwork: readonly Stage[];
}

export interface Route {
  readonly out: readonly Stage[];
  readonly back: readonly Stage[];
}

/** The stages that probes cross on their way, and those of the replies. */
export function routeAlong(way: Way): Route {
  const { targetKind, from, entrance, answering, overlay } = way;
  const out: Stage[] = [at('sender', from)];
  const back: Stage[] = [];
  if (targetKind === 'service') out.push(at('nat', from));
  if (targetKind === 'nodeport') {
    out.push(...between(from, entrance), at('rx-queue', entrance), at('nat', entrance));
    if (answering !== entrance) out.push(...between(entrance, answering, overlay), at('rx-queue', answering));
    out.push(at('pod', answering));
    back.push(at('pod', answering));
    if (answering !== entrance) back.push(...between(answering, entrance, overlay), at('rx-queue', entrance));
    back.push(at('nat', entrance), ...between(entrance, from));
  } else {
    const inPod = targetKind === 'pod' || targetKind === 'service';
    if (answering !== from)
      out.push(...between(from, answering, inPod ? overlay : undefined), at('rx-queue', answering));
    if (inPod) {
      out.push(at('pod', answering));
      back.push(at('pod', answering));
    }
    if (answering !== from) back.push(...between(answering, from, inPod ? overlay : undefined));
    if (targetKind === 'service') back.push(at('nat', from));
  }
  out.push(...way.behindNetwork);
  back.push(way.fromIsProbed ? at('rx-queue', from) : at('sender', from));
  return { out, back };
}

function between(from: string, to: string, overlay?: Overlay): Stage[] {
  const machines: readonly [string, string] = from < to ? [from, to] : [to, from];
  const network: Stage = { kind: 'network', machines };
  return overlay === undefined ? [network] : [{ kind: overlay, machines }, network];
}

/** A stage of one machine. */
export function at(kind: StageKind, machine: string): Stage {
  return { kind, machines: [machine] };
}
