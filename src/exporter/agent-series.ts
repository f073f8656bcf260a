import type { EdgeKind, EdgeProtocol, Tier } from '../model/fleet/member.js';
import {
  ACCUSED_PLACES,
  type AgentProcess,
  INBOUND_PLACES,
  type InboundPlace,
  KEPT_PROCESSES,
  MOST_CULPRITS,
  MOST_SENDERS,
  MOST_SPIKES,
  REFUSALS,
  type Refusal,
} from '../model/fleet/metrics-table.js';
import { type Series, series } from './exposition.js';

/** All that an agent says of itself at one moment. Lengths in seconds, instants in seconds since 1970. */
export interface AgentView {
  readonly node: string;
  readonly zone: string;
  /** By which it reaches pods; empty where it tells none. */
  readonly overlay: string;
  readonly version: string;
  readonly tier: Tier;
  readonly engine: string;
  readonly timestamps: string;
  readonly started: number;
  readonly ready: boolean;
  readonly throttled: boolean;
  readonly mostEdgesStall: boolean;
  readonly paths: readonly {
    readonly to: string;
    readonly kind: EdgeKind;
    readonly protocol: EdgeProtocol;
    readonly probes: number;
    readonly lost: number;
    readonly stalls: number;
    readonly heldSeconds: number;
    readonly lastRelease: number | null;
  }[];
  /** Single slow probes, by neighbour. */
  readonly spikes: readonly { readonly to: string; readonly last: number }[];
  /** In the trace tier. */
  readonly kernel: KernelView | undefined;
  readonly otherFindings: Readonly<Record<string, number>>;
  readonly inbound: InboundView | undefined;
  readonly selfInflicted: number;
  readonly pauses: number;
  readonly pauseSeconds: number;
  readonly missedSlots: number;
  readonly sendError: { readonly p50: number; readonly p99: number };
  readonly clockSteps: number;
  readonly throttledSeconds: number;
  readonly droppedRecords: number;
  readonly processes: readonly {
    readonly process: AgentProcess;
    readonly cpuSeconds: number;
    readonly residentBytes: number;
    readonly restarts: number;
  }[];
  readonly members: { readonly ready: number; readonly notReady: number };
  readonly membersRefreshed: number;
  readonly membersFailures: number;
  readonly neighbours: { readonly out: number; readonly in: number };
  readonly escalations: { readonly begun: number; readonly active: number };
  readonly recordings: { readonly count: number; readonly bytes: number; readonly failed: number };
  readonly config: { readonly accepted: boolean; readonly takenUp: number };
  readonly nodeFigures: Readonly<Partial<Record<NodeFigureName, number | undefined>>>;
}

export interface KernelView {
  readonly waitSeconds: Readonly<Record<string, number>>;
  readonly culprits: readonly {
    readonly class: string;
    readonly process: string;
    readonly syscall: string;
    readonly release: number;
    readonly waitSeconds: number;
  }[];
}

export interface InboundView {
  readonly arrivals: number;
  readonly senders: number;
  readonly refused: Readonly<Record<Refusal, number>>;
  readonly stalls: Readonly<Record<InboundPlace, { readonly count: number; readonly lastRelease: number }>>;
  readonly flowsHeld: number;
  readonly flowsExposed: number;
  readonly ofSender: ReadonlyMap<string, number>;
  readonly backlogSeconds: number;
}

const NODE_FIGURES = [
  'node_softnet_dropped_total',
  'node_softnet_squeezed_total',
  'node_steal_seconds_total',
  'node_memory_stat_read_seconds',
  'node_dying_cgroups',
  'node_conntrack_entries',
  'node_conntrack_limit',
] as const;
export type NodeFigureName = (typeof NODE_FIGURES)[number];

const flag = (on: boolean): number => (on ? 1 : 0);

/** The series of an agent; no more of any metric than the table says. */
export function* agentSeries(view: AgentView): Generator<Series> {
  for (const { to, kind, protocol, ...path } of view.paths) {
    const labels = { to, kind, protocol };
    yield series('path_probes_total', labels, path.probes);
    yield series('path_lost_total', labels, path.lost);
    yield series('path_stalls_total', labels, path.stalls);
    yield series('path_held_seconds_total', labels, path.heldSeconds);
    yield series('path_last_release_timestamp_seconds', labels, path.lastRelease ?? 0);
  }
  const spikes = [...view.spikes].sort((one, other) => other.last - one.last).slice(0, MOST_SPIKES);
  for (const { to, last } of spikes) yield series('edge_last_spike_timestamp_seconds', { to }, last);
  for (const [finding, count] of Object.entries(view.otherFindings)) yield series('findings_total', { finding }, count);
  if (view.inbound !== undefined) yield* inboundSeries(view.inbound);
  if (view.kernel !== undefined) yield* kernelSeries(view.kernel);
  for (const name of NODE_FIGURES) {
    const value = view.nodeFigures[name];
    if (value !== undefined) yield series(name, {}, value);
  }
  yield* ownSeries(view);
}

function* kernelSeries({ waitSeconds, culprits }: KernelView): Generator<Series> {
  for (const [kind, seconds] of Object.entries(waitSeconds)) {
    yield series('kernel_wait_seconds_total', { class: kind }, seconds);
  }
  for (const { release, waitSeconds: waited, ...labels } of culprits.slice(0, MOST_CULPRITS)) {
    yield series('culprit_info', labels, 1);
    yield series('culprit_last_release_timestamp_seconds', labels, release);
    yield series('culprit_last_wait_seconds', labels, waited);
  }
}

function* inboundSeries(inbound: InboundView): Generator<Series> {
  yield series('inbound_arrivals_total', {}, inbound.arrivals);
  yield series('inbound_senders', {}, inbound.senders);
  for (const reason of REFUSALS) yield series('inbound_refused_total', { reason }, inbound.refused[reason]);
  for (const place of INBOUND_PLACES) yield series('inbound_stalls_total', { place }, inbound.stalls[place].count);
  for (const place of ACCUSED_PLACES)
    yield series('inbound_last_release_timestamp_seconds', { place }, inbound.stalls[place].lastRelease);
  yield series('inbound_flows_held', {}, inbound.flowsHeld);
  yield series('inbound_flows_exposed', {}, inbound.flowsExposed);
  const senders = [...inbound.ofSender].sort(([, one], [, other]) => other - one);
  const named = senders.slice(0, MOST_SENDERS - 1);
  for (const [from, count] of named) yield series('inbound_sender_stalls_total', { from }, count);
  const others = senders.slice(MOST_SENDERS - 1).reduce((sum, [, count]) => sum + count, 0);
  yield series('inbound_sender_stalls_total', { from: 'others' }, others);
  yield series('inbound_backlog_seconds', {}, inbound.backlogSeconds);
}

function* ownSeries(view: AgentView): Generator<Series> {
  const { node, zone, version, tier, engine, timestamps, overlay } = view;
  yield series('agent_info', { node, zone, version, tier, engine, timestamps, overlay }, 1);
  yield series('agent_start_timestamp_seconds', {}, view.started);
  yield series('agent_ready', {}, flag(view.ready));
  yield series('agent_throttled', {}, flag(view.throttled));
  yield series('agent_most_edges_stall', {}, flag(view.mostEdgesStall));
  yield series('agent_self_inflicted_total', {}, view.selfInflicted);
  yield series('agent_pauses_total', {}, view.pauses);
  yield series('agent_pause_seconds_total', {}, view.pauseSeconds);
  yield series('agent_missed_slots_total', {}, view.missedSlots);
  yield series('agent_send_error_seconds', { share: '0.5' }, view.sendError.p50);
  yield series('agent_send_error_seconds', { share: '0.99' }, view.sendError.p99);
  yield series('agent_clock_steps_total', {}, view.clockSteps);
  yield series('agent_throttled_seconds_total', {}, view.throttledSeconds);
  yield series('agent_dropped_records_total', {}, view.droppedRecords);
  for (const { process, cpuSeconds, residentBytes, restarts } of view.processes) {
    if (isKept(process)) yield series('agent_helper_restarts_total', { process }, restarts);
    yield series('agent_cpu_seconds_total', { process }, cpuSeconds);
    yield series('agent_resident_bytes', { process }, residentBytes);
  }
  yield series('agent_members', { state: 'ready' }, view.members.ready);
  yield series('agent_members', { state: 'not-ready' }, view.members.notReady);
  yield series('agent_members_refresh_timestamp_seconds', {}, view.membersRefreshed);
  yield series('agent_members_refresh_failures_total', {}, view.membersFailures);
  yield series('agent_neighbours', { direction: 'out' }, view.neighbours.out);
  yield series('agent_neighbours', { direction: 'in' }, view.neighbours.in);
  yield series('agent_escalations_total', {}, view.escalations.begun);
  yield series('agent_escalations_active', {}, view.escalations.active);
  yield series('agent_recordings', {}, view.recordings.count);
  yield series('agent_recordings_bytes', {}, view.recordings.bytes);
  yield series('agent_recordings_failed_total', {}, view.recordings.failed);
  yield series('agent_config_reload_success', {}, flag(view.config.accepted));
  yield series('agent_config_reload_timestamp_seconds', {}, view.config.takenUp);
}

function isKept(process: AgentProcess): boolean {
  return (KEPT_PROCESSES as readonly AgentProcess[]).includes(process);
}
