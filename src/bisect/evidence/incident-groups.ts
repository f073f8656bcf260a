import type { Finding } from '../../model/finding.js';
import { MS, SECOND } from '../../model/time.js';
import type { IncidentKind } from './observation.js';

/** Releases of one stall seen on different paths lie this close together; the queues of a host are emptied in turn. */
const SAME_RELEASE_NS = 6 * MS;
/** Losses are found in pieces, where only some packets are dropped. */
const LOSS_GAP_NS = 100 * MS;
/** A finding comes up to about 1 s after its release, over a transport somewhat later. */
const SETTLED_AFTER_NS = 2 * SECOND;
/** A loss is known after the wait time only. */
const LOSS_SETTLED_AFTER_NS = 3 * SECOND;
const LONGEST_GROUP_NS = 10 * SECOND;

/** A stall that lies within congestion up to this is a piece of it. */
export const PIECE_SLACK_NS = 300 * MS;

/** Length of a stall in units of its highest delay, with some room. */
const STALL_LENGTH = 1.2;

/** A finding with the vantage it was made from, and how far its instants may be off. */
export interface PlacedFinding {
  readonly finding: Finding;
  readonly path: number;
  readonly vantage: string;
  /** Uncertainty of the vantage's clock against the others. */
  readonly clockNs: number;
  /** Usual RTT of the path: a stage is reached somewhere within it. */
  readonly baseNs: number;
}

/** Findings taken for one incident. */
export interface FindingGroup {
  readonly kind: IncidentKind;
  readonly findings: PlacedFinding[];
}

export function kindOf(finding: Finding): IncidentKind {
  switch (finding.kind) {
    case 'stall':
    case 'rtt-spike':
      return 'stall';
    case 'slow-drain':
      return 'slow-drain';
    case 'congestion':
      // No longer than its highest delay, it ended with the release of its first probe, as a short stall does.
      return finding.release - finding.startMax <= STALL_LENGTH * finding.peakRttNs ? 'stall' : 'congestion';
    case 'loss-episode':
    case 'syn-retransmission':
      return 'loss';
    case 'next-probe-release':
    case 'tcp-wait':
      return 'congestion';
  }
}

/**
 * Puts findings together that have one cause: stalls with a common release instant, everything else by its overlap in
 * time. Stalls that overlap but were released apart stay apart: they are several queues, or several faults.
 */
export class IncidentGroups {
  #open: FindingGroup[] = [];

  add(placed: PlacedFinding): void {
    const kind = kindOf(placed.finding);
    const group = this.#open.find(
      (open) => open.kind === kind && onWayOut(open.findings[0]) === onWayOut(placed) && belongs(open, placed),
    );
    if (group === undefined) {
      this.#open.push({ kind, findings: [placed] });
    } else {
      group.findings.push(placed);
    }
  }

  /** Groups to which nothing will come any more, in order of release; what is a piece of congestion goes to that. */
  take(nowNs: number): FindingGroup[] {
    const settled = (group: FindingGroup): boolean =>
      lastReleaseNs(group) + (group.kind === 'loss' ? LOSS_SETTLED_AFTER_NS : SETTLED_AFTER_NS) <= nowNs;
    const complete = this.#open.filter(settled);
    const wholes = this.#open.filter(({ kind }) => kind === 'congestion');
    this.#open = this.#open.filter((group) => !settled(group));
    const own = complete.filter((group) => {
      const whole = wholes.find((other) => isPiece(group, other));
      whole?.findings.push(...group.findings);
      return whole === undefined;
    });
    return own.sort((a, b) => lastReleaseNs(a) - lastReleaseNs(b));
  }
}

/** The vantage that held its own probes before it sent them, where that is what was found. */
export function onWayOut(placed: PlacedFinding | undefined): string | null {
  return placed?.finding.kind === 'stall' && placed.finding.leg === 'out' ? placed.vantage : null;
}

function belongs(group: FindingGroup, placed: PlacedFinding): boolean {
  if (group.kind === 'stall') {
    const [first] = group.findings;
    const clocksNs = first?.vantage === placed.vantage ? 0 : (first?.clockNs ?? 0) + placed.clockNs;
    const slackNs = clocksNs + Math.max(first?.baseNs ?? 0, placed.baseNs) / 2;
    return Math.abs(middleReleaseNs(group) - placed.finding.release) <= SAME_RELEASE_NS + slackNs;
  }
  const gapNs = placed.clockNs + placed.baseNs + (group.kind === 'loss' ? LOSS_GAP_NS : 0);
  const fromNs = firstStartNs(group);
  const toNs = lastReleaseNs(group);
  const { startMax, release } = placed.finding;
  const together = Math.max(toNs, release) - Math.min(fromNs, startMax);
  return startMax <= toNs + gapNs && release >= fromNs - gapNs && together <= LONGEST_GROUP_NS;
}

/**
 * While a buffer fills, sparse flows show single slow probes and short decays, each with a release of its own: counted
 * one by one they would outvote the congestion that they are of. A ramp on a single path makes no piece of what others
 * saw at that time.
 */
function isPiece(group: FindingGroup, whole: FindingGroup): boolean {
  if (group === whole || (group.kind !== 'stall' && group.kind !== 'slow-drain')) return false;
  const paths = (of: FindingGroup): number => new Set(of.findings.map(({ path }) => path)).size;
  return (
    firstStartNs(group) >= firstStartNs(whole) - PIECE_SLACK_NS &&
    lastReleaseNs(group) <= lastReleaseNs(whole) + PIECE_SLACK_NS &&
    2 * paths(whole) >= paths(group)
  );
}

function firstStartNs({ findings }: FindingGroup): number {
  return Math.min(...findings.map(({ finding }) => finding.startMax));
}

export function lastReleaseNs(group: FindingGroup): number {
  return Math.max(...group.findings.map(({ finding }) => finding.release));
}

interface Middle {
  readonly of: number;
  readonly releaseNs: number;
}

/** Each finding is held against all open groups, which seldom change meanwhile. */
const middles = new WeakMap<object, Middle>();

/** Median of the releases. */
export function middleReleaseNs(group: { readonly findings: readonly PlacedFinding[] }): number {
  const { findings } = group;
  const known = middles.get(group);
  if (known?.of === findings.length) return known.releaseNs;
  const sorted = findings.map(({ finding }) => finding.release).sort((a, b) => a - b);
  const releaseNs = sorted[sorted.length >> 1] ?? 0;
  middles.set(group, { of: findings.length, releaseNs });
  return releaseNs;
}
