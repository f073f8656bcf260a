import type { Overlay } from '../model/overlay.js';
import type { Protocol } from '../model/protocol.js';
import { at, type Route, routeAlong } from '../model/route.js';
import type { Stage } from '../model/stage.js';
import type { Hosts } from './hosts-file.js';
import type { Machines } from './machines.js';

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
  const from = machines.ofVantage(vantage);
  const answering = machines.answering(name);
  return routeAlong({
    targetKind: target.kind,
    from,
    fromIsProbed: machines.isProbed(from),
    entrance: machines.entrance(name),
    answering,
    overlay: overlayTo(hosts, name),
    behindNetwork: behindNetwork(target, protocol, answering),
  });
}

/** What answers there: connections wait at a port to be accepted, requests for the process behind it. */
function behindNetwork(target: Hosts['targets'][string], protocol: Protocol, answering: string): Stage[] {
  if (protocol === 'dns') return [at('resolver', answering)];
  if (protocol === 'http') return [at('listener', answering), at('server', answering)];
  return protocol === 'syn' && target.url !== undefined ? [at('listener', answering)] : [];
}

/** The tunnel through which packets from other nodes come to the pod behind a target. */
function overlayTo(hosts: Hosts, name: string): Overlay | undefined {
  const target = hosts.targets[name];
  const pod = target?.pod === undefined ? target : hosts.targets[target.pod];
  return pod?.overlay;
}
