import type { Overlay } from '../model/overlay.js';
import type { Protocol } from '../model/protocol.js';
import type { Stage, StageKind } from '../model/stage.js';
import type { Hosts } from './hosts-file.js';
import type { Machines } from './machines.js';

export interface Route {
  readonly out: readonly Stage[];
  readonly back: readonly Stage[];
}

/**
 * The stages that probes from a vantage to a target cross, and those of the replies. Replies that come back to a
 * machine which is itself probed cross its `rx-queue`; those to any other vantage count as its `sender`.
 */
export function routeOf(
  hosts: Hosts,
  machines: Machines,
  vantage: string,
  name: string,
  protocol: Protocol = 'syn',
): Route {
  const target = hosts.targets[name];
  if (!target) throw new Error(`no target ${name}`);
  const here = machines.ofVantage(vantage);
  const entrance = machines.entrance(name);
  const answering = machines.answering(name);
  const overlay = overlayTo(hosts, name);

  const out: Stage[] = [one('sender', here)];
  const back: Stage[] = [];
  if (target.kind === 'service') out.push(one('nat', here));
  if (target.kind === 'nodeport') {
    out.push(...between(here, entrance), one('rx-queue', entrance), one('nat', entrance));
    if (answering !== entrance) out.push(...between(entrance, answering, overlay), one('rx-queue', answering));
    out.push(one('pod', answering));
    back.push(one('pod', answering));
    if (answering !== entrance) back.push(...between(answering, entrance, overlay), one('rx-queue', entrance));
    back.push(one('nat', entrance), ...between(entrance, here));
  } else {
    const inPod = target.kind === 'pod' || target.kind === 'service';
    if (answering !== here)
      out.push(...between(here, answering, inPod ? overlay : undefined), one('rx-queue', answering));
    if (inPod) {
      out.push(one('pod', answering));
      back.push(one('pod', answering));
    }
    if (answering !== here) back.push(...between(answering, here, inPod ? overlay : undefined));
    if (target.kind === 'service') back.push(one('nat', here));
  }
  out.push(...behindNetwork(target, protocol, answering));
  back.push(machines.isProbed(here) ? one('rx-queue', here) : one('sender', here));
  return { out, back };
}

/** What answers there: connections wait at a port to be accepted, requests for the process behind it. */
function behindNetwork(target: Hosts['targets'][string], protocol: Protocol, answering: string): Stage[] {
  if (protocol === 'dns') return [one('resolver', answering)];
  if (protocol === 'http') return [one('listener', answering), one('server', answering)];
  return protocol === 'syn' && target.url !== undefined ? [one('listener', answering)] : [];
}

/** The tunnel through which packets from other nodes come to the pod behind a target. */
function overlayTo(hosts: Hosts, name: string): Overlay | undefined {
  const target = hosts.targets[name];
  const pod = target?.pod === undefined ? target : hosts.targets[target.pod];
  return pod?.overlay;
}

function between(from: string, to: string, overlay?: Overlay): Stage[] {
  const machines: readonly [string, string] = from < to ? [from, to] : [to, from];
  const network: Stage = { kind: 'network', machines };
  return overlay === undefined ? [network] : [{ kind: overlay, machines }, network];
}

function one(kind: StageKind, machine: string): Stage {
  return { kind, machines: [machine] };
}
