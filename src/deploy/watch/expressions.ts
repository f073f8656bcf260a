import { type MetricName, metricName } from '../../model/fleet/metrics-table.js';

/** The series of an agent with the name of its node, whatever labels the scrape has. */
export function byNode(expression: string): string {
  return `${expression} * on (job, instance) group_left (node) ${metricName('agent_info')}`;
}

export function increase(name: MetricName, window: string, matchers = ''): string {
  return `increase(${metricName(name)}${matchers === '' ? '' : `{${matchers}}`}[${window}])`;
}

/** A record as mixins name them: level, metric, operations. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** Rates are judged over this. */
export const WINDOW = '5m';

/** Names of the records, for alerts and dashboards. */
export const RECORDS = {
  /** Stalls of an edge, by agent's node, neighbour and kind. */
  edgeStalls: `node_to_kind:rxray_path_stalls:increase${WINDOW}`,
  inEdges: 'node:rxray_in_edges:count',
  /** Edges that stalled more than once, and those that stalled at all. */
  inEdgesHit: `node:rxray_in_edges_hit:count${WINDOW}`,
  inEdgesTouched: `node:rxray_in_edges_touched:count${WINDOW}`,
  inKindHit: `node_kind:rxray_in_edges_hit:count${WINDOW}`,
  outEdges: 'node:rxray_out_edges:count',
  outEdgesHit: `node:rxray_out_edges_hit:count${WINDOW}`,
  /** Edges by kind, and those of them that stalled at all. */
  inKindEdges: 'node_kind:rxray_in_edges:count',
  inKindTouched: `node_kind:rxray_in_edges_touched:count${WINDOW}`,
  outKindTouched: `node_kind:rxray_out_edges_touched:count${WINDOW}`,
  inbound: `node_place:rxray_inbound_stalls:increase${WINDOW}`,
  zones: `zone_to_zone:rxray_edges_hit:ratio${WINDOW}`,
} as const;

/** A store extrapolates, so that one stall is somewhat less or more than one. A single one is no fault. */
const hit = `${RECORDS.edgeStalls} > 1.5`;
const touched = `${RECORDS.edgeStalls} > 0.5`;
const zoneOfTarget = `label_replace(label_replace(max by (node, zone) (${metricName('agent_info')}), "to", "$1", "node", "(.+)"), "to_zone", "$1", "zone", "(.+)")`;

function byZones(edges: string): string {
  const from = `(${edges}) * on (node) group_left (zone) max by (node, zone) (${metricName('agent_info')})`;
  return `count by (zone, to_zone) ((${from}) * on (to) group_left (to_zone) max by (to, to_zone) (${zoneOfTarget}))`;
}

/** In the order in which one needs the other. */
export const RECORDING_RULES: readonly RecordingRule[] = [
  {
    record: RECORDS.edgeStalls,
    expr: `sum by (node, to, kind) (${byNode(increase('path_stalls_total', WINDOW))})`,
  },
  {
    record: RECORDS.inEdges,
    expr: `count by (node) (label_replace(label_replace(count by (node, to) (${RECORDS.edgeStalls}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  { record: RECORDS.outEdges, expr: `count by (node) (count by (node, to) (${RECORDS.edgeStalls}))` },
  {
    record: RECORDS.inEdgesHit,
    expr: `count by (node) (label_replace(label_replace(count by (node, to) (${hit}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  {
    record: RECORDS.inEdgesTouched,
    expr: `count by (node) (label_replace(label_replace(count by (node, to) (${touched}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  {
    record: RECORDS.inKindHit,
    expr: `count by (node, kind) (label_replace(label_replace(count by (node, to, kind) (${hit}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  {
    record: RECORDS.inKindEdges,
    expr: `count by (node, kind) (label_replace(label_replace(count by (node, to, kind) (${RECORDS.edgeStalls}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  {
    record: RECORDS.inKindTouched,
    expr: `count by (node, kind) (label_replace(label_replace(count by (node, to, kind) (${touched}), "from", "$1", "node", "(.+)"), "node", "$1", "to", "(.+)"))`,
  },
  { record: RECORDS.outKindTouched, expr: `count by (node, kind) (count by (node, to, kind) (${touched}))` },
  { record: RECORDS.outEdgesHit, expr: `count by (node) (count by (node, to) (${hit}))` },
  {
    record: RECORDS.inbound,
    expr: `sum by (node, place) (${byNode(increase('inbound_stalls_total', WINDOW))})`,
  },
  { record: RECORDS.zones, expr: `${byZones(hit)} / ${byZones(RECORDS.edgeStalls)}` },
];
