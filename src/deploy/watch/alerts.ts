import { metricName } from '../../model/fleet/metrics-table.js';
import { byNode, increase, RECORDS } from './expressions.js';

/** One alert, with what its runbook says. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly summary: string;
  readonly description: string;
  /** What it means, and what to do: each a paragraph of the runbook. */
  readonly runbook: readonly string[];
}

/** Share of a node's edges that must be hit by one kind, and how many at least. */
const MOST_EDGES = 0.5;
/** What joins two zones holds most of what crosses it. */
const MOST_BETWEEN = 0.75;
/** What holds a whole node holds nearly all of its edges; a bad link between groups of nodes only some of each. */
const WHOLE = 0.9;
/** A sender's own side leaves the edges into it alone, a pod those out of its node. */
const HARDLY_ANY = 0.3;
const LEAST_EDGES = 2;
/** Stalls that a node saw in what arrives. */
const INBOUND_STALLS = 1.5;

const inShare = `(${RECORDS.inEdgesHit} / ${RECORDS.inEdges})`;
const outShare = `(${RECORDS.outEdgesHit} / ${RECORDS.outEdges})`;
const mostIn = `(${inShare} >= ${WHOLE} and ${RECORDS.inEdgesHit} >= ${LEAST_EDGES})`;
const kindIn = (kind: string): string =>
  `(sum by (node) (${RECORDS.inKindHit}{kind="${kind}"}) / on (node) ${RECORDS.inEdges} >= ${MOST_EDGES})`;
// Of a node that is accused already single stalls tell on which side of it: they are as many, and known sooner. Its end
// of the overlay holds its own probes to pods as well, unless it does so behind the stamp of their answers; a pod holds
// what reaches it by NodePorts.
const ofKind = (record: string, kind: string): string => `sum by (node) (${record}{kind="${kind}"})`;
const outOfPods = `${ofKind(RECORDS.outKindTouched, 'pod')} / on (node) ${RECORDS.outEdges} > ${HARDLY_ANY}`;
const portsWatched = `${ofKind(RECORDS.inKindEdges, 'nodeport')} / on (node) ${RECORDS.inEdges} >= ${MOST_EDGES}`;
const portsTouched = `${ofKind(RECORDS.inKindTouched, 'nodeport')} >= ${LEAST_EDGES}`;
const arrived = (place: string): string =>
  `(sum by (node) (${RECORDS.inbound}{place="${place}"}) >= ${INBOUND_STALLS} and on (node) ${RECORDS.inEdgesTouched} >= ${LEAST_EDGES})`;

/** By cause, the likelier first where several fit: a node has one alert. */
const CAUSES: readonly (readonly [cause: string, expr: string])[] = [
  ['rx-queue', arrived('receive')],
  ['host', `${arrived('all')} or ${mostIn} and on (node) ${kindIn('node')}`],
  [
    'overlay',
    `${kindIn('pod')} and on (node) (${outOfPods} or ${portsWatched}) unless on (node) ${portsTouched} unless on (node) ${kindIn('node')}`,
  ],
  ['pod', `${kindIn('pod')} unless on (node) ${kindIn('node')}`],
  ['nat', `${kindIn('nodeport')} unless on (node) ${kindIn('node')}`],
  [
    'sender',
    `${outShare} >= ${WHOLE} and ${RECORDS.outEdgesHit} >= ${LEAST_EDGES} unless on (node) ${inShare} >= ${HARDLY_ANY} unless on (node) ${arrived('receive')} unless on (node) ${arrived('all')}`,
  ],
];

/** The first cause that fits; the alert has no other label than the node and it. */
const bad = CAUSES.map(([cause, expr]) => `label_replace(max by (node) (${expr}), "cause", "${cause}", "", "")`).reduce(
  (all, one) => `${all} or on (node) ${one}`,
);

const info = metricName('agent_info');

export const ALERTS: readonly Alert[] = [
  {
    alert: 'RxrayNodeBad',
    expr: bad,
    for: '1m',
    severity: 'warning',
    summary: 'Packets wait on a node.',
    description:
      'Packets to or from {{ $labels.node }} wait, probably by its {{ $labels.cause }}; see rxray why {{ $labels.node }}.',
    runbook: [
      'Most of the edges of this node stall while other edges of the same neighbours do not. The label `cause` is the likeliest one by rates alone; `rxray fleet` judges it by the instants of the stalls, with a probability.',
      'Run `rxray why NODE`: it prints the verdict, the process where the node is traced, and the remedy. Until it is mended: `kubectl cordon NODE`, and drain it where pods suffer.',
    ],
  },
  {
    alert: 'RxrayZonesStall',
    expr: `${RECORDS.zones} >= ${MOST_BETWEEN} unless on (zone, to_zone) label_replace(max by (zone) (${RECORDS.zones}), "to_zone", "$1", "zone", "(.*)")`,
    for: '2m',
    severity: 'warning',
    summary: 'Packets wait in the network between two zones.',
    description:
      'Of the edges from zone {{ $labels.zone }} to {{ $labels.to_zone }}, {{ $value | humanizePercentage }} stall: the network between them, no node.',
    runbook: [
      'Edges between these zones stall, whichever nodes they join, so no node is at fault. Look at the links and routers that join the zones. `rxray fleet` says how sure that is.',
    ],
  },
  {
    alert: 'RxrayAgentSilent',
    expr: `(count by (to) (${RECORDS.edgeStalls})) unless on (to) label_replace(${info}, "to", "$1", "node", "(.+)")`,
    for: '5m',
    severity: 'warning',
    summary: 'The agent of a node is not heard.',
    description: 'Others probe {{ $labels.to }}, and its own agent answers no scrape.',
    runbook: [
      'The node is still watched by its neighbours; what arrives there, and its own way out, are not. Look whether the agent runs (`kubectl get pods -o wide`, its log), and whether Prometheus reaches it.',
    ],
  },
  {
    alert: 'RxrayAgentBlind',
    expr: byNode(`(${metricName('agent_ready')} == 0 or ${increase('agent_pause_seconds_total', '10m')} > 60)`),
    for: '5m',
    severity: 'warning',
    summary: 'An agent cannot measure.',
    description: 'The agent on {{ $labels.node }} is not ready, or was paused for more than a tenth of the time.',
    runbook: [
      'What this agent says is left out of verdicts. A busy node pauses it: look at steal and at the load. Not ready means that no neighbour answers it: look at members and addresses (`rxray agent check`).',
    ],
  },
  {
    alert: 'RxrayAgentThrottled',
    expr: byNode(`(avg_over_time(${metricName('agent_throttled')}[10m]) > 0.05)`),
    for: '5m',
    severity: 'info',
    summary: 'An agent is stopped by its own CPU quota.',
    description: 'The agent on {{ $labels.node }} runs into its CPU quota and accuses nobody meanwhile.',
    runbook: [
      'Take its CPU limit away; a memory limit is enough. A prober that is stopped sees stalls that are its own.',
    ],
  },
  {
    alert: 'RxrayNodeUnwatched',
    expr: `${RECORDS.inEdges} < ${LEAST_EDGES}`,
    for: '5m',
    severity: 'info',
    summary: 'A node is probed by too few agents.',
    description: '{{ $value }} agent probes {{ $labels.node }}: its faults could not be told from that agent.',
    runbook: [
      'Members differ between agents, or most neighbours of the node are silent. See `rxray_agent_members` of each.',
    ],
  },
  {
    alert: 'RxrayMembersStale',
    expr: byNode(`(time() - ${metricName('agent_members_refresh_timestamp_seconds')} > 900)`),
    for: '5m',
    severity: 'warning',
    summary: 'An agent works with an old list of members.',
    description: 'The agent on {{ $labels.node }} could not confirm its members for more than 15 minutes.',
    runbook: [
      'It goes on with the list it has. Look at the file, the DNS name or the rights to list pods that its configuration names.',
    ],
  },
  {
    alert: 'RxrayConfigRejected',
    expr: byNode(`(${metricName('agent_config_reload_success')} == 0)`),
    for: '5m',
    severity: 'warning',
    summary: 'An agent refused its configuration.',
    description: 'The agent on {{ $labels.node }} keeps the configuration it had.',
    runbook: ['`rxray agent check agent.yaml` names line and key of what is wrong.'],
  },
  {
    alert: 'RxrayForgedArrivals',
    expr: `sum by (node, reason) (${byNode(increase('inbound_refused_total', '10m', 'reason=~"forged|replayed"'))}) > 10`,
    for: '0m',
    severity: 'warning',
    summary: 'Probes arrive that no agent has sent.',
    description:
      'On {{ $labels.node }} {{ $value | humanize }} probes were {{ $labels.reason }} within ten minutes; none was believed.',
    runbook: [
      'Somebody sends packets that look like probes, or agents have different keys. Their keys must come from one secret.',
    ],
  },
];
