import type { AgentView, InboundView, KernelView } from '../../exporter/agent-series.js';
import { packageVersion } from '../../installation/version.js';
import type { AgentRecord, EdgeRecord, FleetLine } from '../../model/records/agent.js';
import { SCHEMA } from '../../model/records/run.js';
import { SECOND } from '../../model/time.js';
import type { AgentSetup } from './agent-setup.js';
import type { Membership } from './membership.js';
import type { WatchRecord } from './watch-record.js';
import type { Watching } from './watching.js';

/** An agent at work. */
export interface AtWork {
  readonly setup: AgentSetup;
  readonly membership: Membership;
  readonly watching: Watching;
}

/** What stays the same, or comes from elsewhere. */
export interface AgentFacts {
  readonly started: number;
  readonly config: AgentView['config'];
  readonly nodeFigures: AgentView['nodeFigures'];
}

const ANSWERED_MS = 10_000;

/** Whether it probes neighbours and they answer, in words. */
export function readinessOf({ membership, watching }: AtWork, record: WatchRecord): { ready: boolean; words: string } {
  if (membership.refreshed === 0) return { ready: false, words: 'no list of members yet' };
  if (watching.paths.length === 0) return { ready: true, words: 'ready; no other member to probe' };
  const age = performance.now() - record.lastAnswerMs;
  if (age > ANSWERED_MS) {
    const since = Number.isFinite(age) ? `no answer for ${Math.round(age / 1000)} s` : 'no answer yet';
    return { ready: false, words: since };
  }
  return { ready: true, words: `ready; ${watching.paths.length} paths to ${membership.neighbours.length} members` };
}

/** For `/metrics`. */
export function viewOf(work: AtWork, record: WatchRecord, facts: AgentFacts): AgentView {
  const { setup, membership, watching } = work;
  const { recorder } = setup;
  return {
    node: setup.node,
    zone: membership.zone ?? '',
    overlay: watching.overlay ?? '',
    version: packageVersion(),
    tier: setup.config.tier,
    engine: setup.engineName,
    timestamps: record.timestamps,
    started: facts.started,
    ready: readinessOf(work, record).ready,
    throttled: watching.throttled,
    mostEdgesStall: watching.mostEdgesStall,
    paths: record.tallies.all.map(({ path, probes, lost, stalls, heldNs, lastRelease }) => ({
      to: path.to,
      kind: path.kind,
      protocol: path.protocol,
      probes,
      lost,
      stalls,
      heldSeconds: heldNs / SECOND,
      lastRelease,
    })),
    spikes: [...record.spikes].map(([to, last]) => ({ to, last })),
    kernel: kernelView(work, record),
    otherFindings: record.otherFindings,
    inbound: inboundView(work, record),
    selfInflicted: record.selfInflicted,
    pauses: record.pauses,
    pauseSeconds: record.pauseNs / SECOND,
    missedSlots: record.missedSlots,
    sendError: { p50: record.lag.quantile(0.5) / SECOND, p99: record.lag.quantile(0.99) / SECOND },
    clockSteps: record.clockSteps,
    throttledSeconds: record.throttling.totalNs / SECOND,
    droppedRecords: record.droppedRecords,
    processes: record.costs.all,
    members: { ready: membership.ready.length, notReady: membership.all.length - membership.ready.length },
    membersRefreshed: membership.refreshed,
    membersFailures: membership.failures,
    neighbours: { out: membership.neighbours.length, in: membership.probers.length },
    escalations: { begun: record.escalations, active: watching.activeSweeps },
    recordings: {
      count: recorder.recordings.length,
      bytes: recorder.recordings.reduce((sum, { bytes }) => sum + bytes, 0),
      failed: recorder.failed,
    },
    config: facts.config,
    nodeFigures: facts.nodeFigures,
  };
}

function kernelView({ watching }: AtWork, { waits }: WatchRecord): KernelView | undefined {
  if (!watching.tracesKernel) return undefined;
  const seconds = Object.entries(waits.byClass).map(([kind, ns]) => [kind, ns / SECOND] as const);
  return {
    waitSeconds: Object.fromEntries(seconds),
    culprits: waits.named.map(({ waitNs, ...named }) => ({ ...named, waitSeconds: waitNs / SECOND })),
  };
}

function inboundView({ watching }: AtWork, record: WatchRecord): InboundView | undefined {
  const { inbound } = watching;
  if (inbound === undefined) return undefined;
  const { stalls, flowsHeld, flowsExposed, ofSender } = record.inbound;
  const refused = { ...record.refused };
  for (const reason of Object.keys(refused) as (keyof typeof refused)[]) refused[reason] += inbound.refused[reason];
  return {
    arrivals: record.arrivals + inbound.arrivals,
    senders: inbound.senders.length,
    refused,
    stalls,
    flowsHeld,
    flowsExposed,
    ofSender,
    backlogSeconds: inbound.backlogNs / SECOND,
  };
}

/** The lines of `/findings`: the agent, its edges, then findings, oldest first. */
export function findingLines(work: AtWork, record: WatchRecord, facts: AgentFacts, since: number): FleetLine[] {
  const { setup, membership, watching } = work;
  const { zone } = membership;
  const { senders, traced, overlay } = watching;
  const agent: AgentRecord = {
    type: 'agent',
    schema: SCHEMA,
    version: packageVersion(),
    node: setup.node,
    ...(zone === undefined ? {} : { zone }),
    tier: setup.config.tier,
    engine: setup.engineName,
    timestamps: record.timestamps,
    started: facts.started,
    now: Date.now() / 1000,
    ready: readinessOf(work, record).ready,
    throttled: watching.throttled,
    mostEdgesStall: watching.mostEdgesStall,
    members: membership.ready.length,
    probes: membership.neighbours.map(({ name }) => name),
    probedBy: [...membership.probers],
    ...(senders === undefined ? {} : { seenSenders: [...senders] }),
    selfInflicted: record.selfInflicted,
    recordings: setup.recorder.recordings.map(({ name }) => name),
    ...(traced === undefined ? {} : { traced }),
    ...(overlay === undefined ? {} : { overlay }),
  };
  const edges = record.tallies.all.map(
    ({ path, since: began, probes, lost, stalls, heldNs, lastRelease }): EdgeRecord => ({
      type: 'edge',
      from: setup.node,
      to: path.to,
      kind: path.kind,
      protocol: path.protocol,
      address: path.address,
      ...(path.port === undefined ? {} : { port: path.port }),
      flows: path.flows,
      intervalNs: path.intervalNs,
      since: began,
      probes,
      lost,
      stalls,
      heldNs,
      lastRelease,
    }),
  );
  return [agent, ...edges, ...record.log.since(since)];
}
