import type { MeasuredPath } from '../../model/measured-path.js';
import { FRESH_FLOW, RECEIVED_STAMPS } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import type { LoggedProbe, PathLog } from '../paths/path-log.js';
import { machineOfVantage } from '../paths/topology.js';
import { type FindingGroup, lastReleaseNs, middleReleaseNs, onWayOut, type PlacedFinding } from './incident-groups.js';
import type { Observation, PathObservation } from './observation.js';
import { REQUEST_PARTS, type WaitedIn } from './request-part.js';

/** Releases on one path differ by so much beside the spread its finding states. */
const OWN_RELEASE_NS = 2 * MS;
const OTHER_RELEASE_NS = 7 * MS;
/** Share of the probes that must be lost on a path that a loss hits, and probes that must pass on one it spares. */
const LOST_SHARE = 0.15;
const LEAST_PASSED = 4;
/** So late an answer is one to a packet that was sent again: the first timer of TCP, less what clocks differ by. */
const SENT_AGAIN_NS = 950 * MS;
/** Excess of a path against that of the paths with a finding: from here on congested, below the other clean. */
const CONGESTED = 0.3;
const NOT_CONGESTED = 0.12;
const AT_SOCKET = RECEIVED_STAMPS.indexOf('socket');

const NONE_FOUND: readonly PlacedFinding[] = [];

/** An incident as the probes show it. */
export type SeenIncident = Omit<Observation, 'local' | 'traced'>;

/** What the log of probes is asked with. */
export interface Watch {
  readonly paths: readonly MeasuredPath[];
  readonly logs: readonly PathLog[];
  /** Of a path: clock of its vantage against the others. */
  readonly slackNs: (path: number) => number;
  /** Whether the vantage of a path could not measure then. */
  readonly blind: (path: number, fromNs: number, toNs: number) => boolean;
}

/**
 * Looks at all paths in the interval of an incident, also at those without a finding: a path on which few probes waited
 * for less than the threshold was hit all the same, and one on which probes passed was exposed and not hit.
 */
export function observeIncident(group: FindingGroup, watch: Watch): SeenIncident {
  const own = new Map<number, PlacedFinding[]>();
  for (const placed of group.findings) {
    const found = own.get(placed.path);
    if (found === undefined) own.set(placed.path, [placed]);
    else found.push(placed);
  }
  const startMaxNs = Math.min(...group.findings.map(({ finding }) => finding.startMax));
  const startMinNs = earliestStart(group, startMaxNs);
  const endNs = lastReleaseNs(group);
  const behind = behindDriver(group, watch.logs);
  const lookAt = (look: Look): (PathLook | null)[] =>
    watch.paths.map((path, index) => {
      const found = own.get(index) ?? NONE_FOUND;
      const log = watch.logs[index];
      const stampedBefore = behind.has(path.vantage) && log !== undefined && log.usualStamp < AT_SOCKET;
      if (found.length === 0 && (stampedBefore || watch.blind(index, startMaxNs, endNs))) {
        return null;
      }
      const seen = log === undefined ? null : look(path, log, found, watch.slackNs(index));
      if (seen !== null && (found.length === 0 || seen.observation.heldProbes > 0)) {
        return seen;
      }
      const told = fromFindings(found);
      return told === null ? null : { observation: told, wholeFromNs: null };
    });
  const heldBefore = wayOutOf(group, watch.paths);
  // What waited before it was sent has its usual RTT: only the findings tell of it.
  if (heldBefore !== null)
    return {
      ...seenBy(group, startMinNs, startMaxNs),
      heldBefore,
      paths: lookAt(() => null).map((look) => look?.observation ?? null),
    };
  let looks = lookAt(group.kind === 'stall' ? stallLook(group, startMaxNs, behind) : rangeLook(group));
  const laterNs = group.kind === 'stall' ? commonStart(looks) : startMaxNs;
  if (laterNs > startMaxNs) {
    looks = lookAt(stallLook(group, laterNs, behind));
  }
  const paths = looks.map((look) => look?.observation ?? null);
  return { ...seenBy(group, startMinNs, startMaxNs), heldBefore: null, paths };
}

/**
 * The vantages at which only stamps of the packet socket show a hold: it may have lain behind their driver, and replies
 * that the driver stamped there had that still before them. They are no witnesses that nothing waited, whatever other
 * vantages saw of it by their own stamps.
 */
function behindDriver({ findings }: FindingGroup, logs: readonly PathLog[]): ReadonlySet<string> {
  const atSocket = ({ finding: { receivedStamp }, path }: PlacedFinding): boolean =>
    receivedStamp === undefined ? logs[path]?.usualStamp === AT_SOCKET : receivedStamp === 'socket';
  const others = new Set(findings.flatMap((placed) => (atSocket(placed) ? [] : [placed.vantage])));
  return new Set(findings.flatMap(({ vantage }) => (others.has(vantage) ? [] : [vantage])));
}

function seenBy(
  group: FindingGroup,
  startMinNs: number,
  startMaxNs: number,
): Omit<SeenIncident, 'heldBefore' | 'paths'> {
  const orders = group.findings.flatMap(({ finding }) => (finding.kind === 'stall' ? [finding.order] : []));
  return {
    kind: group.kind,
    startMinNs,
    startMaxNs,
    releaseNs: group.kind === 'stall' ? middleReleaseNs(group) : lastReleaseNs(group),
    fifo: orders.filter((order) => order === 'fifo').length,
    byFlow: orders.filter((order) => order === 'by-flow').length,
  };
}

function wayOutOf({ findings }: FindingGroup, paths: readonly MeasuredPath[]): string | null {
  const [first] = findings;
  const path = first === undefined || onWayOut(first) === null ? undefined : paths[first.path];
  return path === undefined ? null : machineOfVantage(path);
}

/** What a look at one path yields. */
interface PathLook {
  readonly observation: PathObservation;
  /** From when on all its probes waited, where from some instant on all did; else null. */
  readonly wholeFromNs: number | null;
}

type Look = (path: MeasuredPath, log: PathLog, own: readonly PlacedFinding[], slackNs: number) => PathLook | null;

/** Probes that must wait on end before a path counts as held as a whole. */
const LEAST_WHOLE = 3;
/** Paths held as a whole start to wait within one interval of each other, if one stage holds them. */
const SAME_START_NS = 25 * MS;

/**
 * When the stage began to hold, by the paths that were held as a whole. Usually the first held probe of all; later
 * where another stall had held some of the paths before and the first look took that for the same.
 */
function commonStart(looks: readonly (PathLook | null)[]): number {
  const starts = looks.flatMap((look) => look?.wholeFromNs ?? []).sort((a, b) => a - b);
  const middle = starts[starts.length >> 1];
  const first = starts[0];
  return middle === undefined || first === undefined || middle - first < SAME_START_NS
    ? Number.NEGATIVE_INFINITY
    : middle;
}

/** A stall began after the last probe that passed on any of its paths; what has no common start began with the first. */
function earliestStart(group: FindingGroup, startMaxNs: number): number {
  const starts = group.findings.map(({ finding }) => finding.startMin);
  if (group.kind !== 'stall') return Math.min(...starts);
  const stalls = group.findings.flatMap(({ finding }) => (finding.kind === 'stall' ? finding.startMin : []));
  return stalls.length === 0 ? Math.min(...starts) : Math.min(startMaxNs, Math.max(...stalls));
}

/** The middle of the releases that each vantage saw. */
function releasesByVantage({ findings }: FindingGroup): ReadonlyMap<string, number> {
  const own = new Map<string, PlacedFinding[]>();
  for (const placed of findings) {
    const known = own.get(placed.vantage);
    if (known === undefined) own.set(placed.vantage, [placed]);
    else known.push(placed);
  }
  return new Map([...own].map(([vantage, seen]) => [vantage, middleReleaseNs({ findings: seen })]));
}

/** While the stage stood still, every probe that crossed it left at the release; every other one did not wait. */
function stallLook(group: FindingGroup, startMaxNs: number, behind: ReadonlySet<string>): Look {
  const middleNs = middleReleaseNs(group);
  const first = group.findings.find(({ finding }) => finding.startMax === startMaxNs);
  const releases = releasesByVantage(group);
  return (path, log, own, slackNs) => {
    const nearNs = releases.get(path.vantage);
    const otherClockNs = slackNs + (first?.clockNs ?? 0);
    const releaseNs = own.length > 0 ? middleReleaseNs({ findings: own }) : (nearNs ?? middleNs);
    const { baseNs, levelNs } = log;
    const isBehind = behind.has(path.vantage);
    const underWayNs = Math.max(baseNs, first?.baseNs ?? 0);
    let fromNs = startMaxNs + underWayNs + (first?.vantage === path.vantage ? 0 : otherClockNs);
    let spreadNs = 0;
    for (const { finding } of own) {
      fromNs = Math.min(fromNs, finding.startMax);
      const ownSpreadNs = finding.kind === 'stall' ? finding.releaseSpreadNs : 0;
      spreadNs = Math.max(spreadNs, ownSpreadNs, Math.abs(finding.release - releaseNs));
    }
    const toleranceNs =
      own.length > 0
        ? OWN_RELEASE_NS + spreadNs
        : OTHER_RELEASE_NS + baseNs / 2 + (nearNs !== undefined ? 0 : otherClockNs);
    const held: LoggedProbe[] = [];
    const passed: LoggedProbe[] = [];
    for (const probe of log.sentWithin(fromNs, releaseNs)) {
      const { sentNs, rttNs, stamp } = probe;
      if (isBehind && stamp < AT_SOCKET) continue;
      const holdNs = releaseNs - sentNs - baseNs;
      if (rttNs < 0 || holdNs < 3 * levelNs + toleranceNs) {
        continue;
      }
      const excessNs = rttNs - baseNs;
      if (Math.abs(sentNs + rttNs - releaseNs) <= toleranceNs && excessNs >= 2 * levelNs) {
        held.push(probe);
      } else if (excessNs <= Math.max(levelNs, 0.2 * holdNs) && sentNs + rttNs < releaseNs - toleranceNs) {
        passed.push(probe);
      }
    }
    const firstNs = held.reduce((least, { sentNs }) => Math.min(least, sentNs), Number.POSITIVE_INFINITY);
    const whole = held.length >= LEAST_WHOLE && !passed.some(({ sentNs }) => sentNs > firstNs);
    // Where all probes waited from some instant on, those before it passed because the hold had not begun.
    const observation = tally(held, whole ? [] : passed, partsOf(held, log));
    return observation === null ? null : { observation, wholeFromNs: whole ? firstNs : null };
  };
}

/** Losses and raised delays are judged path by path, in the interval that the findings share. */
function rangeLook(group: FindingGroup): Look {
  const starts = group.findings.map(({ finding }) => finding.startMax);
  const ends = group.findings.map(({ finding }) => finding.release);
  const shared: readonly [number, number] = [Math.max(...starts), Math.min(...ends)];
  const whole: readonly [number, number] = [Math.min(...starts), Math.max(...ends)];
  const excessNs = Math.min(...group.findings.map(({ finding }) => finding.excessNs));
  const [fromNs, toNs] = group.kind === 'loss' || shared[1] <= shared[0] ? whole : shared;
  return (_path, log, own, slackNs) => {
    const probes = log.sentWithin(fromNs + slackNs, toNs - slackNs);
    const state =
      group.kind === 'loss'
        ? lossState(probes, log.baseNs, own.length > 0)
        : raisedState(probes, log, excessNs, own.length > 0);
    if (state === null) {
      return null;
    }
    const observation = state ? tally(probes, [], partsOf(probes, log)) : tally([], probes);
    return observation === null ? null : { observation, wholeFromNs: null };
  };
}

/** What was answered because it was sent again was lost before, whether or not its path has told so by now. */
function lossState(probes: readonly LoggedProbe[], baseNs: number, own: boolean): boolean | null {
  const lost = probes.filter(({ rttNs }) => rttNs < 0 || rttNs - baseNs >= SENT_AGAIN_NS).length;
  if (own || (lost > 0 && lost >= LOST_SHARE * probes.length)) {
    return true;
  }
  return lost === 0 && probes.length >= LEAST_PASSED ? false : null;
}

function raisedState(probes: readonly LoggedProbe[], log: PathLog, excessNs: number, own: boolean): boolean | null {
  if (own) {
    return true;
  }
  const excesses = probes.flatMap(({ rttNs }) => (rttNs < 0 ? [] : [rttNs - log.baseNs])).sort((a, b) => a - b);
  const middle = excesses[excesses.length >> 1];
  if (middle === undefined || excesses.length < LEAST_PASSED) {
    return null;
  }
  return middle >= CONGESTED * excessNs ? true : middle <= NOT_CONGESTED * excessNs ? false : null;
}

/** Where the log says nothing, what the findings themselves say of their flows. */
function fromFindings(own: readonly PlacedFinding[]): PathObservation | null {
  if (own.length === 0) {
    return null;
  }
  const hit = new Set(own.flatMap(({ finding }) => finding.flowsHit));
  const clean = new Set(own.flatMap(({ finding }) => finding.flowsExposed).filter((flow) => !hit.has(flow)));
  const heldProbes = own.reduce((sum, { finding }) => sum + finding.probes, 0);
  return {
    hit: [...hit].sort(ascending),
    clean: [...clean].sort(ascending),
    mixed: 0,
    freshHeld: hit.size === 0 ? heldProbes : 0,
    freshClean: 0,
    heldProbes,
  };
}

/** Sorts flows by what became of their probes. */
function tally(
  held: readonly LoggedProbe[],
  passed: readonly LoggedProbe[],
  waitedIn: WaitedIn | null = null,
): PathObservation | null {
  if (held.length + passed.length === 0) {
    return null;
  }
  const [waited, went] = [fixedFlows(held), fixedFlows(passed)];
  const hit = waited.filter((flow) => !went.includes(flow));
  return {
    hit,
    clean: went.filter((flow) => !waited.includes(flow)),
    mixed: waited.length - hit.length,
    freshHeld: freshCount(held),
    freshClean: freshCount(passed),
    heldProbes: held.length,
    ...(waitedIn === null ? {} : { waitedIn }),
  };
}

/** Of requests that took longer than usual, in which part they did; null where none says so. */
function partsOf(held: readonly LoggedProbe[], { baseNs, levelNs }: PathLog): WaitedIn | null {
  let [connect, answer] = [0, 0];
  for (const { part, rttNs } of held) {
    if (part === REQUEST_PARTS.unsaid || rttNs - baseNs < 2 * levelNs) continue;
    if (part === REQUEST_PARTS.connect) connect += 1;
    else answer += 1;
  }
  return connect + answer === 0 ? null : { connect, answer };
}

/** Ascending, each once: they are few, and mostly come in that order. */
function fixedFlows(probes: readonly LoggedProbe[]): number[] {
  const flows: number[] = [];
  for (const { flow } of probes) {
    if (flow === FRESH_FLOW) continue;
    let at = flows.length;
    while (at > 0 && (flows[at - 1] as number) > flow) at -= 1;
    if (at > 0 && flows[at - 1] === flow) continue;
    if (at === flows.length) flows.push(flow);
    else flows.splice(at, 0, flow);
  }
  return flows;
}

function freshCount(probes: readonly LoggedProbe[]): number {
  let count = 0;
  for (const { flow } of probes) if (flow === FRESH_FLOW) count += 1;
  return count;
}

function ascending(a: number, b: number): number {
  return a - b;
}
