import type { Tier } from './member.js';

/** Before every name of {@link METRICS}. */
export const METRIC_PREFIX = 'rxray_';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One metric of an agent. Code, the reference page, rules and dashboards take its name and labels from here. */
export interface Metric {
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly unit: 'seconds' | 'bytes' | 'timestamp' | 'count' | 'flag' | 'info';
  readonly help: string;
  /** From which tier on it is exported. */
  readonly tier: Tier;
  /** The most series that one agent has of it; of a histogram by its label sets, buckets apart. */
  readonly series: number;
}

/** Neighbours an agent probes by default, and the most it may be told to. */
export const DEFAULT_NEIGHBOURS = 10;
/** Paths to one neighbour: node and pod by ICMP and SYN, NodePort by SYN. */
export const PATHS_PER_NEIGHBOUR = 5;
const PATHS = DEFAULT_NEIGHBOURS * PATHS_PER_NEIGHBOUR;
/** Senders that are told apart by label; further ones count as `others`. */
export const MOST_SENDERS = 13;
/** Neighbours whose single slow probes are told at once, the most recent ones. */
export const MOST_SPIKES = 4;
/** Most series of one agent, whatever the size of its fleet. */
export const MOST_SERIES = 400;
/** Culprits that are named at once, the most recent ones. */
export const MOST_CULPRITS = 3;

/** Upper bounds of the buckets of `rtt_seconds`; 0.1 is where the field calls a packet slow. */
export const RTT_BUCKETS = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const;

/** What the arrivals at a node show of a stall, in the label `place`. */
export const INBOUND_PLACES = ['receive', 'all', 'sender', 'unclear'] as const;
export type InboundPlace = (typeof INBOUND_PLACES)[number];

/** Those of the node itself, whose releases are matched with those of edges. */
export const ACCUSED_PLACES = ['receive', 'all'] as const satisfies readonly InboundPlace[];

/** Why an arrival was not believed, in the label `reason`. */
export const REFUSALS = ['forged', 'replayed', 'unannounced', 'clock'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Processes of an agent, in the label `process`. */
export const AGENT_PROCESSES = ['agent', 'prober', 'escalation', 'reader', 'tracer'] as const;
export type AgentProcess = (typeof AGENT_PROCESSES)[number];
/** Those that an agent starts again. */
export const KEPT_PROCESSES = ['prober', 'escalation', 'tracer'] as const satisfies readonly AgentProcess[];

const path = { labels: ['to', 'kind', 'protocol'], tier: 'restricted', series: PATHS } as const;
const agent = { labels: [], tier: 'restricted', series: 1 } as const;
const inbound = { labels: [], tier: 'probe', series: 1 } as const;
const byPlace = { labels: ['place'], tier: 'probe', series: INBOUND_PLACES.length } as const;
const byProcess = { labels: ['process'], tier: 'restricted', series: AGENT_PROCESSES.length } as const;
const culprit = { labels: ['class', 'process', 'syscall'], tier: 'trace', series: MOST_CULPRITS } as const;
const node = { labels: [], tier: 'restricted', series: 1 } as const;

/** Every metric of an agent by its name without {@link METRIC_PREFIX}. `from` is the scraped agent's own node. */
export const METRICS = {
  path_probes_total: { ...path, type: 'counter', unit: 'count', help: 'Probes sent on a path.' },
  path_lost_total: { ...path, type: 'counter', unit: 'count', help: 'Probes of a path that nothing answered in time.' },
  path_stalls_total: {
    ...path,
    type: 'counter',
    unit: 'count',
    help: 'Stalls that held probes of a path and are not the doing of the prober itself.',
  },
  path_held_seconds_total: { ...path, type: 'counter', unit: 'seconds', help: 'Length of those stalls, added up.' },
  path_last_release_timestamp_seconds: {
    ...path,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the last of those stalls released its probes; 0 where there was none.',
  },
  edge_last_spike_timestamp_seconds: {
    labels: ['to'],
    tier: 'restricted',
    series: MOST_SPIKES,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the last single slow probe to a neighbour came back, one of no stall; of the latest such neighbours.',
  },
  rtt_seconds: {
    type: 'histogram',
    labels: ['kind'],
    tier: 'restricted',
    series: 3,
    unit: 'seconds',
    help: 'Round-trip times of all neighbours by kind of target; a bound lies at exactly 0.1 s.',
  },
  findings_total: {
    type: 'counter',
    labels: ['finding'],
    tier: 'restricted',
    series: 4,
    unit: 'count',
    help: 'Other findings on any path: slow-drain, congestion, rtt-spike, loss-episode.',
  },

  inbound_arrivals_total: {
    ...inbound,
    type: 'counter',
    unit: 'count',
    help: 'Arriving probes of others whose key, slot and announcement were right.',
  },
  inbound_senders: { ...inbound, type: 'gauge', unit: 'count', help: 'Senders whose grid is known at present.' },
  inbound_refused_total: {
    labels: ['reason'],
    tier: 'probe',
    series: REFUSALS.length,
    type: 'counter',
    unit: 'count',
    help: 'Arriving probes that were not believed: forged, replayed, unannounced, or of a clock that runs away.',
  },
  inbound_stalls_total: {
    ...byPlace,
    type: 'counter',
    unit: 'count',
    help: 'Stalls of arriving probes: receive (some flows of two senders or more, others of the same senders passed), all (all flows of all senders), sender (all flows of one), unclear.',
  },
  inbound_last_release_timestamp_seconds: {
    ...byPlace,
    series: ACCUSED_PLACES.length,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the last of the stalls at receive and all released its probes; 0 where there was none.',
  },
  inbound_flows_held: { ...inbound, type: 'gauge', unit: 'count', help: 'Flows held in the last stall of arrivals.' },
  inbound_flows_exposed: {
    ...inbound,
    type: 'gauge',
    unit: 'count',
    help: 'Flows under way in the last stall of arrivals, the held ones included.',
  },
  inbound_sender_stalls_total: {
    labels: ['from'],
    tier: 'probe',
    series: MOST_SENDERS,
    type: 'counter',
    unit: 'count',
    help: 'Stalls of arriving probes that mean one sender: all its flows, and of nobody else.',
  },
  inbound_backlog_seconds: {
    ...inbound,
    type: 'gauge',
    unit: 'seconds',
    help: 'Longest wait of the last minute between the stamp of the driver and the packet socket.',
  },

  kernel_wait_seconds_total: {
    labels: ['class'],
    tier: 'trace',
    series: 9,
    type: 'counter',
    unit: 'seconds',
    help: 'Waits of received packets by what kept them from their CPU.',
  },
  culprit_info: {
    ...culprit,
    type: 'gauge',
    unit: 'info',
    help: 'Who last kept received packets from their CPU; 1.',
  },
  culprit_last_release_timestamp_seconds: {
    ...culprit,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When packets went on that waited for those.',
  },
  culprit_last_wait_seconds: {
    ...culprit,
    type: 'gauge',
    unit: 'seconds',
    help: 'How long those packets had waited.',
  },

  node_softnet_dropped_total: { ...node, type: 'counter', unit: 'count', help: 'Packets dropped from full backlogs.' },
  node_softnet_squeezed_total: {
    ...node,
    type: 'counter',
    unit: 'count',
    help: 'Runs of the receive softirq that used up their budget.',
  },
  node_steal_seconds_total: { ...node, type: 'counter', unit: 'seconds', help: 'CPU time the hypervisor took.' },
  node_memory_stat_read_seconds: {
    ...node,
    type: 'gauge',
    unit: 'seconds',
    help: 'How long it took to read memory.stat of the root group.',
  },
  node_dying_cgroups: { ...node, type: 'gauge', unit: 'count', help: 'Control groups that are gone but still held.' },
  node_conntrack_entries: { ...node, type: 'gauge', unit: 'count', help: 'Entries of the connection tracker.' },
  node_conntrack_limit: { ...node, type: 'gauge', unit: 'count', help: 'Most entries it holds.' },

  agent_info: {
    ...agent,
    labels: ['node', 'zone', 'version', 'tier', 'engine', 'timestamps', 'overlay'],
    type: 'gauge',
    unit: 'info',
    help: 'What this agent is; 1. Joins the series of a scrape to the name of its node.',
  },
  agent_start_timestamp_seconds: { ...agent, type: 'gauge', unit: 'timestamp', help: 'When the agent started.' },
  agent_ready: { ...agent, type: 'gauge', unit: 'flag', help: '1 while it probes neighbours and they answer.' },
  agent_throttled: {
    ...agent,
    type: 'gauge',
    unit: 'flag',
    help: '1 while its own CPU quota stopped it in the last minute: it accuses nobody.',
  },
  agent_most_edges_stall: {
    ...agent,
    type: 'gauge',
    unit: 'flag',
    help: '1 while most of its edges stall together: the cause is on its own side, or everywhere.',
  },
  agent_self_inflicted_total: {
    ...agent,
    type: 'counter',
    unit: 'count',
    help: 'Stalls during pauses of the agent itself; in no other metric.',
  },
  agent_pauses_total: { ...agent, type: 'counter', unit: 'count', help: 'Intervals in which the prober did not run.' },
  agent_pause_seconds_total: { ...agent, type: 'counter', unit: 'seconds', help: 'Their length.' },
  agent_missed_slots_total: { ...agent, type: 'counter', unit: 'count', help: 'Slots of the grid never sent.' },
  agent_send_error_seconds: {
    ...agent,
    labels: ['share'],
    series: 2,
    type: 'gauge',
    unit: 'seconds',
    help: 'How late probes left in the last minute: shares 0.5 and 0.99 were no later.',
  },
  agent_clock_steps_total: { ...agent, type: 'counter', unit: 'count', help: 'Steps of the wall clock.' },
  agent_throttled_seconds_total: {
    ...agent,
    type: 'counter',
    unit: 'seconds',
    help: 'Time for which its own CPU quota stopped it.',
  },
  agent_dropped_records_total: { ...agent, type: 'counter', unit: 'count', help: 'Records that were not analysed.' },
  agent_helper_restarts_total: {
    ...byProcess,
    series: KEPT_PROCESSES.length,
    type: 'counter',
    unit: 'count',
    help: 'Restarts of its helpers that are to run all the time, and of closer looks.',
  },
  agent_cpu_seconds_total: { ...byProcess, type: 'counter', unit: 'seconds', help: 'CPU time of its processes.' },
  agent_resident_bytes: { ...byProcess, type: 'gauge', unit: 'bytes', help: 'Resident memory of its processes.' },
  agent_members: {
    ...agent,
    labels: ['state'],
    series: 2,
    type: 'gauge',
    unit: 'count',
    help: 'Members it knows: ready and not-ready.',
  },
  agent_members_refresh_timestamp_seconds: {
    ...agent,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the list of members was last confirmed.',
  },
  agent_members_refresh_failures_total: {
    ...agent,
    type: 'counter',
    unit: 'count',
    help: 'Times the list of members could not be had; the last one stays.',
  },
  agent_neighbours: {
    ...agent,
    labels: ['direction'],
    series: 2,
    type: 'gauge',
    unit: 'count',
    help: 'Members it probes (out) and that probe it (in), by the rings.',
  },
  agent_escalations_total: { ...agent, type: 'counter', unit: 'count', help: 'Full sweeps begun.' },
  agent_escalations_active: { ...agent, type: 'gauge', unit: 'count', help: 'Full sweeps under way.' },
  agent_recordings: { ...agent, type: 'gauge', unit: 'count', help: 'Recordings kept.' },
  agent_recordings_bytes: { ...agent, type: 'gauge', unit: 'bytes', help: 'Their size.' },
  agent_recordings_failed_total: { ...agent, type: 'counter', unit: 'count', help: 'Recordings not written whole.' },
  agent_config_reload_success: { ...agent, type: 'gauge', unit: 'flag', help: '1 if the last reload was accepted.' },
  agent_config_reload_timestamp_seconds: {
    ...agent,
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the present configuration was taken up.',
  },
  agent_series: { ...agent, type: 'gauge', unit: 'count', help: 'Series of this exposition.' },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
/** The full name: `metricName('path_stalls_total')` is `rxray_path_stalls_total`. */
export function metricName(name: MetricName): string {
  return `${METRIC_PREFIX}${name}`;
}

/** Labels of a metric, each with its value. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>;
