import type { Hypothesis, Release } from '../causes/hypothesis.js';
import { PIECE_SLACK_NS } from '../evidence/incident-groups.js';
import type { LocalEvidence } from '../evidence/local-evidence.js';
import { type IncidentKind, isLittleLoss, type Observation } from '../evidence/observation.js';
import { logMix, logOfCounts } from './log-math.js';

/** One pipe lets flows overtake each other only by mistake; the share of runs in which the order is not to be trusted. */
const PIPE_BY_FLOW = 0.03;
const ORDER_UNTRUSTED = 0.1;
/** A machine whose whole receive side waits has several queues; else it is a pipe as well. */
const SEVERAL_QUEUES = 0.6;
/** The capture, the heartbeat and the counters of a run may as well be wrong altogether. */
const LOCAL_UNTRUSTED = 0.03;
/** A machine whose receive side waits shows no gap: heartbeats may sit on other CPUs than the one that was held. */
const GAP_MISSED = 0.15;
/** A watched machine shows a gap at the time of an incident that it has nothing to do with. */
const GAP_BY_CHANCE = 0.03;

/** One incident in so many must be of a kind for the kind to count. */
const LEAST_SHARE = 10;

/** Order of release over the incidents: one FIFO against several queues. */
export function scoreOrder(release: Release, incidents: readonly Observation[]): number {
  const fifo = incidents.reduce((sum, incident) => sum + incident.fifo, 0);
  const byFlow = incidents.reduce((sum, incident) => sum + incident.byFlow, 0);
  if (fifo + byFlow === 0) {
    return 0;
  }
  const open = logOfCounts([fifo, byFlow]);
  const pipe = fifo * Math.log1p(-PIPE_BY_FLOW) + byFlow * Math.log(PIPE_BY_FLOW);
  return logMix(pipe, release === 'several-queues' ? SEVERAL_QUEUES : ORDER_UNTRUSTED, open);
}

/** Without single losses, and without what is a piece of congestion: in a full buffer RTT may fall as after a stall. */
export function tellingKinds(incidents: readonly Observation[]): Observation[] {
  const congested = incidents.filter(({ kind }) => kind === 'congestion');
  const isPiece = ({ kind, startMaxNs, releaseNs }: Observation): boolean =>
    kind !== 'congestion' &&
    congested.some(
      (whole) => startMaxNs >= whole.startMaxNs - PIECE_SLACK_NS && releaseNs <= whole.releaseNs + PIECE_SLACK_NS,
    );
  return incidents.filter((incident) => !isLittleLoss(incident) && !isPiece(incident));
}

/** Which kinds of incident there were; how many of each says nothing more. */
export function scoreKinds(kinds: Hypothesis['kinds'], incidents: readonly Observation[]): number {
  const telling = tellingKinds(incidents);
  const seen = new Map<IncidentKind, number>();
  for (const { kind } of telling) {
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  // A kind seen once or twice among many of another is a judgement at the border of two.
  const settled = [...seen].filter(([, count]) => count * LEAST_SHARE >= telling.length);
  return settled.reduce((sum, [kind]) => sum + Math.log(kinds[kind]), 0);
}

/**
 * How likely the local evidence is under a cause at `machines`, against its likelihood by chance. What one machine
 * saw of one incident counts once, however many paths it saw it on: they waited in the same place.
 */
export function scoreLocal(
  hypothesis: Pick<Hypothesis, 'cause' | 'machines'>,
  incidents: readonly Observation[],
  heartbeats: ReadonlySet<string>,
): number {
  let score = 0;
  let count = 0;
  for (const { local } of incidents) {
    const arrivals = local.filter((piece) => piece.kind === 'arrivals');
    for (const machine of new Set(arrivals.map((piece) => piece.machine))) {
      score += mean(arrivals.filter((piece) => piece.machine === machine).map((piece) => logOf(piece, hypothesis)));
      count += 1;
    }
    for (const machine of heartbeats) {
      const gaps = local.filter((piece) => piece.kind !== 'arrivals' && piece.machine === machine);
      const missed = Math.log(receives(hypothesis, machine) ? GAP_MISSED : 1 - GAP_BY_CHANCE);
      score += gaps.length > 0 ? Math.max(...gaps.map((piece) => logOf(piece, hypothesis))) : missed;
      count += 1;
    }
  }
  return count === 0 ? 0 : logMix(score, LOCAL_UNTRUSTED, -count * Math.log(3));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logOf(piece: LocalEvidence, hypothesis: Pick<Hypothesis, 'cause' | 'machines'>): number {
  return Math.log(likelihoodOf(piece, hypothesis));
}

function receives({ cause, machines }: Pick<Hypothesis, 'cause' | 'machines'>, machine: string): boolean {
  return (cause === 'rx-queue' || cause === 'host' || cause === 'sender') && machines[0] === machine;
}

function likelihoodOf(piece: LocalEvidence, hypothesis: Pick<Hypothesis, 'cause' | 'machines'>): number {
  const blamed = receives(hypothesis, piece.machine);
  switch (piece.kind) {
    case 'cpu-gap':
      return piece.servesInterface ? (blamed ? 0.7 : 0.02) : blamed ? 0.1 : 0.05;
    case 'napi-delay':
      return blamed ? 0.7 : 0.01;
    case 'softnet':
      return blamed ? 0.3 : 0.05;
    case 'arrivals':
      return shareOf(piece.where, hypothesis, piece.machine);
  }
}

type Where = Extract<LocalEvidence, { kind: 'arrivals' }>['where'];

/** Where the receiver sees the wait: before the capture point, inside the node, on the way back. */
function shareOf(where: Where, { cause, machines }: Pick<Hypothesis, 'cause' | 'machines'>, machine: string): number {
  const here = machines.includes(machine) && (cause !== 'network' || machines.length === 1);
  const [before, inside, back] = partsOf(cause, here);
  return where === 'before-capture' ? before : where === 'inside-node' ? inside : back;
}

function partsOf(cause: Hypothesis['cause'], here: boolean): readonly [before: number, inside: number, back: number] {
  switch (cause) {
    case 'rx-queue':
    case 'host':
      // A software stamp is taken after the wait for the driver's poll, so a queue reads as the network does; where
      // packets are steered to another CPU (RPS) they wait for it after the stamp.
      return here ? [0.6, 0.35, 0.05] : [0.05, 0.15, 0.8];
    case 'nat':
    case 'pod':
      return here ? [0.03, 0.92, 0.05] : [0.33, 0.34, 0.33];
    case 'ipip':
      return [0.5, 0.3, 0.2];
    case 'network':
      return here ? [0.8, 0.02, 0.18] : [0.5, 0.02, 0.48];
    case 'sender':
      return [0.3, 0.02, 0.68];
    case 'unknown':
      return [0.33, 0.34, 0.33];
  }
}
