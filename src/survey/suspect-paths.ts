import type { FleetPath } from '../model/fleet/fleet-evidence.js';
import type { MeasuredPath } from '../model/measured-path.js';
import type { Overlay } from '../model/overlay.js';
import type { Stage } from '../model/stage.js';
import { MS, SECOND } from '../model/time.js';

/** Source ports of a SYN path of an agent; more are no evidence of anything else. */
const FLOWS = 16;
const INTERVAL_NS = 200 * MS;

export function fleetPathName({ from, to, kind, protocol }: FleetPath): string {
  return `${from}>${to}/${kind}-${protocol}`;
}

/** Everything that arrives at a node, from whomever. */
export function inboundPathName(node: string): string {
  return `*>${node}/inbound`;
}

export interface NodeFacts {
  /** undefined where nobody says */
  readonly zoneOf: (node: string) => string | undefined;
  /** undefined where nobody says */
  readonly overlayOf: (node: string) => Overlay | undefined;
}

/** What an overlay is taken for that nobody names: the stages of all are alike. */
const SOME_OVERLAY: Overlay = 'ipip';

/**
 * A path of an agent with the stages that its packets cross. A NodePort of a node leads to the pod on it. Between zones
 * both legs cross what joins them, whatever joins their nodes.
 */
export function fleetMeasuredPath(path: FleetPath, { zoneOf, overlayOf }: NodeFacts): MeasuredPath {
  const { from, to, kind, protocol } = path;
  const network = networkStages(from, to, zoneOf);
  const tunnel = overlayOf(from) ?? overlayOf(to) ?? SOME_OVERLAY;
  const overlay: Stage[] = kind === 'pod' ? [{ kind: tunnel, machines: inOrder(from, to) }] : [];
  const inside: Stage[] =
    kind === 'nodeport'
      ? [
          { kind: 'nat', machines: [to] },
          { kind: 'pod', machines: [to] },
        ]
      : kind === 'pod'
        ? [{ kind: 'pod', machines: [to] }]
        : [];
  return {
    name: fleetPathName(path),
    vantage: from,
    target: to,
    targetKind: kind,
    protocol,
    answeredBy: to,
    intervalNs: INTERVAL_NS,
    flows: protocol === 'icmp' ? 1 : FLOWS,
    freshPerSecond: 0,
    ...(kind === 'nodeport' ? { backends: 1 } : {}),
    out: [
      { kind: 'sender', machines: [from] },
      ...overlay,
      ...network,
      { kind: 'rx-queue', machines: [to] },
      ...inside,
    ],
    back: [...inside.toReversed(), ...overlay, ...network, { kind: 'rx-queue', machines: [from] }],
  };
}

/** What a node saw of all senders: as it crosses nothing of theirs that they share, only its own side. */
export function inboundPath(node: string): MeasuredPath {
  return {
    name: inboundPathName(node),
    vantage: '*',
    target: node,
    targetKind: 'node',
    protocol: 'syn',
    answeredBy: node,
    intervalNs: SECOND / 250,
    flows: FLOWS,
    freshPerSecond: 0,
    out: [
      { kind: 'network', machines: inOrder('*', node) },
      { kind: 'rx-queue', machines: [node] },
    ],
    back: [],
  };
}

function networkStages(from: string, to: string, zoneOf: (node: string) => string | undefined): Stage[] {
  const stages: Stage[] = [{ kind: 'network', machines: inOrder(from, to) }];
  const [a, b] = [zoneOf(from), zoneOf(to)];
  if (a !== undefined && b !== undefined && a !== b)
    stages.push({ kind: 'network', machines: inOrder(zoneName(a), zoneName(b)) });
  return stages;
}

/** As a place of the network; no node goes by a name with a blank. */
export function zoneName(zone: string): string {
  return `zone ${zone}`;
}

export function isZoneName(machine: string): boolean {
  return machine.startsWith('zone ');
}

function inOrder(a: string, b: string): [string, string] {
  return a < b ? [a, b] : [b, a];
}
