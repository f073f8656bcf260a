import { metricName } from '../../model/fleet/metrics-table.js';
import { RECORDS } from './expressions.js';

type Kind = 'stat' | 'timeseries' | 'table' | 'heatmap';

interface Panel {
  readonly title: string;
  readonly kind: Kind;
  /** Each query with the legend of its series. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  readonly unit?: string;
  readonly width: number;
  readonly height: number;
  readonly description?: string;
}

interface Variable {
  readonly name: string;
  readonly query: string;
}

/** A dashboard as Grafana (10 and newer) imports it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

const info = metricName('agent_info');
const NODE: Variable = { name: 'node', query: `label_values(${info}, node)` };
const TO: Variable = { name: 'to', query: `label_values(${metricName('path_probes_total')}, to)` };

export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: 'rxray-fleet',
    title: 'rxray / Fleet',
    variables: [],
    panels: [
      { title: 'Agents', kind: 'stat', width: 4, height: 4, queries: [[`count(${info})`, 'agents']] },
      {
        title: 'Edges that stall',
        kind: 'stat',
        width: 4,
        height: 4,
        queries: [[`count(count by (node, to) (${RECORDS.edgeStalls} > 0.5)) or vector(0)`, 'edges']],
      },
      {
        title: 'Blind agents',
        kind: 'stat',
        width: 4,
        height: 4,
        queries: [[`count(${metricName('agent_throttled')} > 0) or vector(0)`, 'agents']],
      },
      {
        title: 'Nodes at which packets wait, worst first',
        kind: 'table',
        width: 12,
        height: 8,
        description:
          'Share of the edges into each node that stalled: a bad node has most of them, its neighbours one each.',
        queries: [[`topk(20, ${RECORDS.inEdgesHit} / ${RECORDS.inEdges})`, '{{node}}']],
      },
      {
        title: 'Heat map: stalls from node to node',
        kind: 'table',
        width: 24,
        height: 12,
        description: 'A bad node is a row and a column, a bad link between zones a block, a bad agent a row alone.',
        queries: [[`topk(200, sum by (node, to) (${RECORDS.edgeStalls} > 0.5))`, '{{node}} → {{to}}']],
      },
      {
        title: 'Edges that stall, by node',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [
          [`topk(10, ${RECORDS.inEdgesHit})`, 'into {{node}}'],
          [`topk(10, ${RECORDS.outEdgesHit})`, 'out of {{node}}'],
        ],
      },
      {
        title: 'Between zones: share of edges that stall',
        kind: 'timeseries',
        unit: 'percentunit',
        width: 12,
        height: 8,
        queries: [[RECORDS.zones, '{{zone}} → {{to_zone}}']],
      },
      {
        title: 'Round trips, all agents',
        kind: 'heatmap',
        unit: 's',
        width: 24,
        height: 8,
        queries: [[`sum by (le) (increase(${metricName('rtt_seconds')}_bucket[$__rate_interval]))`, '{{le}}']],
      },
    ],
  },
  {
    uid: 'rxray-node',
    title: 'rxray / Node',
    variables: [NODE],
    panels: [
      {
        title: 'Stalls seen by its neighbours',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [[`sum by (node, kind) (${RECORDS.edgeStalls}{to="$node"})`, '{{node}} by {{kind}}']],
      },
      {
        title: 'Stalls it sees on its neighbours',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [[`sum by (to, kind) (${RECORDS.edgeStalls}{node="$node"})`, '{{to}} by {{kind}}']],
      },
      {
        title: 'Stalls of what arrives there',
        kind: 'timeseries',
        width: 12,
        height: 8,
        description:
          'receive: some of its receive queues; all: the whole host, its card or its link; sender: one neighbour.',
        queries: [[`${RECORDS.inbound}{node="$node"}`, '{{place}}']],
      },
      {
        title: 'Who kept packets from their CPU',
        kind: 'timeseries',
        unit: 's',
        width: 12,
        height: 8,
        queries: [
          [
            `sum by (class) (rate(${metricName('kernel_wait_seconds_total')}[$__rate_interval]) * on (job, instance) group_left (node) ${info}{node="$node"})`,
            '{{class}}',
          ],
        ],
      },
      {
        title: 'What can make packets wait',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [
          [nodeRate('node_steal_seconds_total'), 'steal'],
          [nodeRate('node_softnet_squeezed_total'), 'softnet squeezed'],
          [nodeRate('node_softnet_dropped_total'), 'softnet dropped'],
          [
            `${metricName('node_memory_stat_read_seconds')} * on (job, instance) group_left (node) ${info}{node="$node"}`,
            'memory.stat read',
          ],
        ],
      },
      {
        title: 'The agent itself',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [
          [nodeRate('agent_cpu_seconds_total'), 'CPU {{process}}'],
          [nodeRate('agent_pause_seconds_total'), 'paused'],
          [nodeRate('agent_throttled_seconds_total'), 'throttled'],
        ],
      },
    ],
  },
  {
    uid: 'rxray-path',
    title: 'rxray / Path',
    variables: [NODE, TO],
    panels: [
      {
        title: 'Stalls',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [[pathRate('path_stalls_total'), '{{kind}} {{protocol}}']],
      },
      {
        title: 'Time held',
        kind: 'timeseries',
        unit: 's',
        width: 12,
        height: 8,
        queries: [[pathRate('path_held_seconds_total'), '{{kind}} {{protocol}}']],
      },
      {
        title: 'Lost',
        kind: 'timeseries',
        width: 12,
        height: 8,
        queries: [[pathRate('path_lost_total'), '{{kind}} {{protocol}}']],
      },
      {
        title: 'Last release',
        kind: 'table',
        unit: 'dateTimeAsIso',
        width: 12,
        height: 8,
        queries: [
          [
            `1000 * (${metricName('path_last_release_timestamp_seconds')}{to="$to"} * on (job, instance) group_left (node) ${info}{node="$node"} > 0)`,
            '{{kind}} {{protocol}}',
          ],
        ],
      },
    ],
  },
];

function nodeRate(name: Parameters<typeof metricName>[0]): string {
  return `rate(${metricName(name)}[$__rate_interval]) * on (job, instance) group_left (node) ${info}{node="$node"}`;
}

function pathRate(name: Parameters<typeof metricName>[0]): string {
  return `rate(${metricName(name)}{to="$to"}[$__rate_interval]) * on (job, instance) group_left (node) ${info}{node="$node"}`;
}

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const GRID = 24;

/** The JSON that Grafana imports. */
export function dashboardJson({ uid, title, variables, panels }: Dashboard): object {
  let [x, y, rowHeight] = [0, 0, 0];
  return {
    uid,
    title,
    tags: ['rxray'],
    timezone: 'browser',
    schemaVersion: 38,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        ...variables.map(({ name, query }) => ({
          name,
          type: 'query',
          datasource: DATASOURCE,
          query: { query, refId: name },
          refresh: 2,
          sort: 1,
        })),
      ],
    },
    panels: panels.map((panel, index) => {
      if (x + panel.width > GRID) [x, y, rowHeight] = [0, y + rowHeight, 0];
      const gridPos = { x, y, w: panel.width, h: panel.height };
      x += panel.width;
      rowHeight = Math.max(rowHeight, panel.height);
      return {
        id: index + 1,
        type: panel.kind,
        title: panel.title,
        ...(panel.description === undefined ? {} : { description: panel.description }),
        datasource: DATASOURCE,
        gridPos,
        fieldConfig: { defaults: panel.unit === undefined ? {} : { unit: panel.unit }, overrides: [] },
        targets: panel.queries.map(([expr, legendFormat], i) => ({
          refId: String.fromCharCode(65 + i),
          datasource: DATASOURCE,
          expr,
          legendFormat,
          ...(panel.kind === 'table' || panel.kind === 'stat'
            ? { instant: true, format: panel.kind === 'table' ? 'table' : 'time_series' }
            : {}),
          ...(panel.kind === 'heatmap' ? { format: 'heatmap' } : {}),
        })),
      };
    }),
  };
}
