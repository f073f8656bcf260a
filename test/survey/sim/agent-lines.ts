import { MS, SECOND } from '../../../src/model/time.js';
import {
  EDGE_INTERVAL_NS,
  EDGE_PATHS,
  edgeKey,
  nodeName,
  pathKey,
  type SimulatedFleet,
  zoneOf,
} from './fleet-model.js';

/**
 * What the agent of a node would answer on `/findings`.
 *
 * @param endS Unix time of the end of the window
 * @param aheadS how far its clock is ahead
 */
export function agentLines(fleet: SimulatedFleet, node: number, endS: number, aheadS: number): string {
  const { model } = fleet;
  const name = nodeName(node);
  const unix = (ns: number): number => endS + aheadS + (ns - model.windowNs) / SECOND;
  const others = fleet.neighbours.get(node) ?? [];
  const agent = {
    type: 'agent',
    schema: 1,
    version: '0.1.0',
    node: name,
    ...(model.zonesKnown ? { zone: zoneOf(node, model) } : {}),
    tier: 'probe',
    engine: 'helper',
    timestamps: 'kernel',
    started: unix(-SECOND),
    now: endS + aheadS,
    ready: true,
    throttled: fleet.throttled.has(node),
    mostEdgesStall: false,
    members: fleet.nodes.length,
    probes: others.map(nodeName),
    probedBy: [],
    selfInflicted: 0,
    recordings: [],
  };
  const edges = others.flatMap((to) =>
    EDGE_PATHS.map(({ kind, protocol }) => ({
      type: 'edge',
      from: name,
      to: nodeName(to),
      kind,
      protocol,
      address: '127.0.0.1',
      flows: protocol === 'icmp' ? 1 : 16,
      intervalNs: EDGE_INTERVAL_NS * EDGE_PATHS.length,
      since: unix(-SECOND),
      probes: 1,
      lost: 0,
      stalls: 0,
      heldNs: 0,
      lastRelease: null,
    })),
  );
  const seen = others.flatMap((to) => [...findings(fleet, node, to, unix), ...spikes(fleet, node, to, unix)]);
  return [agent, ...edges, ...seen, ...arrivals(fleet, node, unix)]
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

function findings(fleet: SimulatedFleet, from: number, to: number, unix: (ns: number) => number): object[] {
  const at = new Map<number, { heldNs: number; paths: number[] }>();
  for (const [path] of EDGE_PATHS.entries()) {
    const seen = fleet.stalls.get(pathKey(from, to, path));
    for (const [i, release] of (seen?.releaseNs ?? []).entries()) {
      const known = at.get(release) ?? { heldNs: 0, paths: [] };
      at.set(release, { heldNs: Math.max(known.heldNs, seen?.heldNs[i] ?? 0), paths: [...known.paths, path] });
    }
  }
  return [...at].map(([release, { heldNs, paths }]) => {
    const flows = (chosen: readonly number[]) => chosen.map((path) => ({ ...EDGE_PATHS[path], flows: [0] }));
    const span = {
      startMin: unix(release - heldNs),
      startMax: unix(release - heldNs),
      release: unix(release),
      durationNs: heldNs,
      probes: Math.max(2, paths.length),
    };
    return {
      type: 'edge-finding',
      from: nodeName(from),
      to: nodeName(to),
      ...span,
      hit: flows(paths),
      exposed: [],
      escalated: false,
      finding: {
        type: 'finding',
        kind: 'stall',
        path: `${nodeName(from)}>${nodeName(to)}/edge`,
        startMin: 0,
        startMax: 1,
        release: heldNs,
        durationNs: heldNs,
        probes: 2,
        probesAboveThreshold: 1,
        peakRttNs: heldNs,
        excessNs: heldNs,
        flowsHit: paths,
        flowsExposed: [],
        selfInflicted: false,
        fit: 1,
        slope: -1,
        releaseSpreadNs: 0,
        order: 'unknown',
      },
    };
  });
}

const SLOW_NS = 120 * MS;

function spikes(fleet: SimulatedFleet, from: number, to: number, unix: (ns: number) => number): object[] {
  const [one, other] = [nodeName(from), nodeName(to)];
  return (fleet.spikes.get(edgeKey(from, to)) ?? []).map((release) => ({
    type: 'edge-finding',
    from: one,
    to: other,
    startMin: unix(release - SLOW_NS),
    startMax: unix(release - SLOW_NS),
    release: unix(release),
    durationNs: SLOW_NS,
    probes: 1,
    hit: [{ ...EDGE_PATHS[0], flows: [0] }],
    exposed: [],
    escalated: false,
    finding: {
      type: 'finding',
      kind: 'rtt-spike',
      path: `${one}>${other}/edge`,
      startMin: 0,
      startMax: 0,
      release: SLOW_NS,
      durationNs: SLOW_NS,
      probes: 1,
      probesAboveThreshold: 1,
      peakRttNs: SLOW_NS,
      excessNs: SLOW_NS,
      flowsHit: [0],
      flowsExposed: [],
      selfInflicted: false,
      neighbours: 'normal',
    },
  }));
}

function arrivals(fleet: SimulatedFleet, node: number, unix: (ns: number) => number): object[] {
  const seen = fleet.arrivals.get(node);
  return (seen?.releaseNs ?? []).map((release, i) => {
    const held = seen?.flowsHeld[i] ?? 0;
    const heldNs = seen?.heldNs[i] ?? 0;
    return {
      type: 'inbound-finding',
      node: nodeName(node),
      startMin: unix(release - heldNs),
      startMax: unix(release - heldNs),
      release: unix(release),
      durationNs: heldNs,
      probes: held,
      place: seen?.place[i] ?? 'receive',
      held: [{ from: 'all', flows: held, probes: held }],
      passed: [{ from: 'all', flows: (seen?.flowsExposed[i] ?? 0) - held, probes: 1 }],
      repliesHeld: 0,
      backlogNs: 0,
      selfInflicted: false,
    };
  });
}
