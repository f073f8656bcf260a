import type { Stall } from '../model/finding.js';
import { present } from '../model/present.js';
import { FRESH_FLOW } from '../model/sample.js';
import { fitLine, fitOfConstantSum } from '../stats/line-fit.js';
import { releaseOrder } from '../stats/release-order.js';
import type { PathNoise } from './path-noise.js';
import { byArrival, bySent, type Level, type ProbeDelay } from './probe-delay.js';
import { followsRamp } from './ramp.js';
import { isByChance } from './release-chance.js';
import type { Surroundings } from './surroundings.js';

/** Up to this slope of RTT against send time held probes have one release; above it the queue drains slowly. */
export const STALL_SLOPE = -0.9;
/** Where the probes span little more than the spread of their release, which then sways the slope. */
const SHORT_STALL_SLOPE = -0.7;
/** Probes whose common release convicts by its shape alone. */
const LEAST_PROBES = 3;
/** Excess, in units of `holdNs`, from which on a probe shows by itself that its flow was hit. */
const STRONG_HOLDS = 5;

/** A stall and the probes it took. */
export interface FoundStall {
  readonly finding: Stall;
  readonly held: readonly ProbeDelay[];
  /** Those and what else arrived with them, which may have waited too little to tell. */
  readonly released: readonly ProbeDelay[];
}

/**
 * The stalls among the delayed probes of a path: groups with a common release instant, across all flows, that chance
 * does not explain. Different release instants at the same time are different stalls.
 *
 * Probes are linked while the next release is at most `spreadNs` later (1 ms on a quiet path: the 2019 runs spread
 * up to 0.8 ms; a second queue was released 7 ms later), and stragglers within twice that of the middle join.
 *
 * @param delays those not yet taken by a finding, in any order
 * @param untilNs only groups that are complete by this instant are judged
 * @returns with them the delayed probes that may yet be of a stall, as others may follow
 */
export function findStalls(
  delays: readonly ProbeDelay[],
  level: Level,
  around: Surroundings,
  noise: PathNoise,
  untilNs: number,
): { readonly stalls: readonly FoundStall[]; readonly waiting: readonly ProbeDelay[] } {
  const sorted = delays.filter((delay) => delay.excessNs >= level.holdNs).sort(byArrival);
  // The stragglers of a long group must not become a stall of their own: longest first.
  const groups = linkByRelease(sorted, Math.min(level.spreadNs, around.intervalNs / 2)).sort(
    (a, b) => b.length - a.length,
  );
  const found: FoundStall[] = [];
  const isComplete = (group: readonly ProbeDelay[]): boolean =>
    (group.at(-1)?.arrivalNs ?? 0) + 2 * level.spreadNs <= untilNs;
  const waiting = groups
    .filter((group) => !isComplete(group))
    .flat()
    .filter((delay) => delay.excessNs >= level.stallNs);
  const taken = new Set<ProbeDelay>();
  let open = groups.filter(isComplete);
  // What a stall has explained is no longer noise to the others, which may then stand out themselves.
  for (let before = -1; before < found.length && open.length > 0; ) {
    before = found.length;
    open = open.filter((group) => {
      const verdict = judgeGroup(group, sorted, taken, level, around, noise);
      if (verdict === 'none' || verdict === 'chance') return verdict === 'chance';
      for (const delay of verdict.held) taken.add(delay);
      noise.explained(verdict.released, level);
      found.push(verdict);
      return false;
    });
  }
  return { stalls: found, waiting };
}

function judgeGroup(
  group: readonly ProbeDelay[],
  sorted: readonly ProbeDelay[],
  taken: ReadonlySet<ProbeDelay>,
  level: Level,
  around: Surroundings,
  noise: PathNoise,
): FoundStall | 'none' | 'chance' {
  const free = group.filter((delay) => !taken.has(delay));
  if (!free.some((delay) => isStrong(delay, level))) return 'none';
  const middle = middleArrival(free);
  const near = arrivedWithin(sorted, middle - 2 * level.spreadNs, middle + 2 * level.spreadNs);
  const held = [...new Set([...free, ...near])].filter((delay) => !taken.has(delay));
  // The look at the other probes of each flow costs more; most groups fall before it.
  if (!isStall(held.filter((delay) => isStrong(delay, level)).sort(bySent), held, level)) return 'none';
  const members = heldFlowsOnly(held, level, around);
  if (!isStall(members, members, level) || followsRamp(members, sorted, level, around)) return 'none';
  const released = new Set(held);
  const others = sorted.filter((delay) => !taken.has(delay) && !released.has(delay));
  if (isByChance(members, held, others, level, around, noise)) return 'chance';
  return { finding: stall(members, level, around), held: members, released: held };
}

/** The finding for probes that share a release. At least 2. */
export function stall(held: readonly ProbeDelay[], level: Level, around: Surroundings): Stall {
  const sent = held.map((delay) => delay.sentNs);
  const rtt = held.map((delay) => delay.rttNs);
  const arrivals = held.map((delay) => delay.arrivalNs).sort((a, b) => a - b);
  const firstArrival = arrivals[0] as number;
  const release = arrivals[arrivals.length >> 1] as number;
  const startMax = Math.min(...sent);
  const startMin = around.lastPassedNs(held, startMax, firstArrival - level.spreadNs);
  return {
    type: 'finding',
    kind: 'stall',
    path: around.path,
    startMin,
    startMax,
    release,
    durationNs: Math.round(release - (startMin + startMax) / 2),
    probes: held.length,
    probesAboveThreshold: held.filter((delay) => delay.excessNs >= level.thresholdNs).length,
    peakRttNs: Math.max(...rtt),
    excessNs: Math.max(...held.map((delay) => delay.excessNs)),
    flowsHit: around.flowsOf(held),
    flowsExposed: around.flowsExposed(held, startMax, firstArrival - level.spreadNs),
    selfInflicted: false,
    ...present({ receivedStamp: around.ownStamp(held) }),
    fit: fitOfConstantSum(sent, rtt),
    slope: fitLine(sent, rtt).slope,
    ...(around.beganWith(startMin) && startMin === startMax ? { startUnseen: true } : {}),
    releaseSpreadNs: (arrivals.at(-1) as number) - firstArrival,
    order: releaseOrder(held),
  };
}

/** Cuts probes in order of arrival wherever the next one comes more than `gapNs` later. */
function linkByRelease(sorted: readonly ProbeDelay[], gapNs: number): ProbeDelay[][] {
  const groups: ProbeDelay[][] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const delay of sorted) {
    const group = groups.at(-1);
    if (group !== undefined && delay.arrivalNs - previous <= gapNs) {
      group.push(delay);
    } else {
      groups.push([delay]);
    }
    previous = delay.arrivalNs;
  }
  return groups;
}

/**
 * Without the flows that were not held: those with nothing but small delays, which may be noise of another queue at
 * that instant, and those of which more probes passed meanwhile than were held.
 */
function heldFlowsOnly(held: readonly ProbeDelay[], level: Level, around: Surroundings): ProbeDelay[] {
  const firstArrival = Math.min(...held.map((delay) => delay.arrivalNs));
  const passed = around.passedMeanwhile(held, firstArrival - level.spreadNs);
  const own = new Map<number, number>();
  for (const { flow } of held) own.set(flow, (own.get(flow) ?? 0) + 1);
  const shown = held.filter((delay) => isStrong(delay, level)).map((delay) => delay.flow);
  const flows = new Set(shown.filter((flow) => (passed.get(flow) ?? 0) < (own.get(flow) as number)));
  return held
    .filter((delay) => flows.has(delay.flow) && (delay.flow !== FRESH_FLOW || isStrong(delay, level)))
    .sort(bySent);
}

/**
 * @param shape probes whose RTTs must fall as those of a stall do, in order of sending; one alone has no shape
 * @param held all that may belong to the stall
 */
function isStall(shape: readonly ProbeDelay[], held: readonly ProbeDelay[], level: Level): boolean {
  const sent = held.map((delay) => delay.sentNs);
  // Within the spread of the release a common release cannot be told from a common delay.
  if (Math.max(...sent) - Math.min(...sent) <= level.spreadNs) {
    return false;
  }
  // Two make a line through any points: they are told only where the user calls one of them slow.
  const leastNs = held.length >= LEAST_PROBES ? level.stallNs : Math.max(level.stallNs, level.thresholdNs);
  if (!held.some((delay) => delay.excessNs >= leastNs)) {
    return false;
  }
  const first = shape[0];
  const last = shape.at(-1);
  if (first === undefined || last === undefined || shape.length < 2) {
    return true;
  }
  const { slope } = fitLine(
    shape.map((delay) => delay.sentNs),
    shape.map((delay) => delay.rttNs),
  );
  const spanNs = last.sentNs - first.sentNs;
  return spanNs <= level.spreadNs || slope <= (spanNs < 5 * level.spreadNs ? SHORT_STALL_SLOPE : STALL_SLOPE);
}

function isStrong(delay: ProbeDelay, level: Level): boolean {
  return delay.excessNs >= Math.min(STRONG_HOLDS * level.holdNs, level.stallNs / 2);
}

/** Of probes in order of arrival those from `fromNs` to `toNs`. */
function arrivedWithin(sorted: readonly ProbeDelay[], fromNs: number, toNs: number): ProbeDelay[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as ProbeDelay).arrivalNs < fromNs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const found: ProbeDelay[] = [];
  for (let at = low; (sorted[at]?.arrivalNs ?? Number.POSITIVE_INFINITY) <= toNs; at += 1) {
    found.push(sorted[at] as ProbeDelay);
  }
  return found;
}

function middleArrival(group: readonly ProbeDelay[]): number {
  return (group[group.length >> 1] as ProbeDelay).arrivalNs;
}
