import type { Culprit } from '../model/culprit.js';
import type { Accused, Explanation } from '../model/explanation.js';

/** An incident, or a stall of one path: from the last clean send to the common release. */
export interface HeldInterval {
  readonly startMinNs: number;
  readonly releaseNs: number;
  /** RTT of its paths when nothing waits: the release is seen by up to so much later. */
  readonly usualRttNs: number;
}

/** A probe that was answered, or not. */
export interface SentProbe {
  readonly path: string;
  readonly seq: number;
  readonly sentNs: number;
  /** -1 without a reply. */
  readonly rttNs: number;
  /** Of its path when nothing waits. */
  readonly usualRttNs: number;
}

/** Culprits of one machine, on the time line of the incidents. */
export interface TracedMachine {
  readonly vantage: string;
  readonly culprits: readonly Culprit[];
  /** How far its clock may be off, after alignment. */
  readonly clockUncertaintyNs: number;
}

/** A release seen from outside and one seen by the kernel lie this close, clocks aside. */
const SAME_RELEASE_NS = 5_000_000;
/** A probe counts as delayed by more than this over its path's usual RTT. */
const DELAYED_NS = 1_000_000;
/** Culprits that explain so many incidents explain the run. */
const MOST = 0.5;
/** Fewer may be chance. */
const FEW = 0.1;

/**
 * Says which culprit explains which incidents, and which probes it delayed by how much.
 *
 * An incident is explained by a culprit that let packets go at the same instant and had held them before. Nothing is
 * measured here: all instants come in aligned to one time line.
 *
 * @param probes all that were sent while something was held; others are passed over
 */
export function explainIncidents(
  incidents: readonly HeldInterval[],
  probes: readonly SentProbe[],
  machines: readonly TracedMachine[],
): Explanation {
  const groups = new Map<string, Group>();
  for (const { vantage, culprits, clockUncertaintyNs } of machines) {
    for (const culprit of culprits) {
      if (culprit.class === 'not-this-node') continue;
      const key = keyOf(vantage, culprit);
      const group: Group = groups.get(key) ?? { vantage, culprits: [], explains: new Set<number>(), probes: new Map() };
      groups.set(key, group);
      group.culprits.push(culprit);
      const toleranceNs = SAME_RELEASE_NS + clockUncertaintyNs;
      for (const [index, incident] of incidents.entries()) {
        if (explains(culprit, incident, toleranceNs)) group.explains.add(index);
      }
      for (const probe of probes) {
        const delayNs = delayBy(culprit, probe, toleranceNs);
        if (delayNs > 0) group.probes.set(`${probe.path}#${probe.seq}`, { probe, delayNs });
      }
    }
  }
  const accused = [...groups.values()]
    .map((group) => accusedOf(group, incidents.length))
    .sort((one, other) => other.incidents.length - one.incidents.length || other.probes.length - one.probes.length);
  return conclude(incidents.length, accused);
}

interface Group {
  readonly vantage: string;
  readonly culprits: Culprit[];
  readonly explains: Set<number>;
  readonly probes: Map<string, { readonly probe: SentProbe; readonly delayNs: number }>;
}

function keyOf(vantage: string, { class: kind, process, syscall, handler }: Culprit): string {
  return JSON.stringify([
    vantage,
    kind,
    process?.name,
    syscall?.name,
    syscall?.file,
    process === null ? handler : null,
  ]);
}

function explains(culprit: Culprit, incident: HeldInterval, toleranceNs: number): boolean {
  const lateNs = incident.releaseNs - culprit.release;
  // What held it was there before the first probe was held, or came while it was under way.
  const before = culprit.start - incident.usualRttNs - toleranceNs <= incident.releaseNs;
  const within = culprit.release >= incident.startMinNs - toleranceNs;
  return before && within && lateNs >= -toleranceNs && lateNs <= incident.usualRttNs + toleranceNs;
}

/** 0: it was not this culprit that delayed the probe. */
function delayBy(culprit: Culprit, probe: SentProbe, toleranceNs: number): number {
  if (probe.rttNs < 0) return 0;
  const delayNs = probe.rttNs - probe.usualRttNs;
  const answered = probe.sentNs + probe.rttNs;
  const released = answered - culprit.release;
  const arrived = probe.sentNs <= culprit.release && probe.sentNs + probe.usualRttNs >= culprit.start - toleranceNs;
  const together = released >= -toleranceNs && released <= probe.usualRttNs + toleranceNs;
  return delayNs > DELAYED_NS && arrived && together ? Math.round(delayNs) : 0;
}

function accusedOf({ vantage, culprits, explains: found, probes }: Group, incidents: number): Accused {
  const [longest] = [...culprits].sort((one, other) => other.lengthNs - one.lengthNs);
  if (longest === undefined) throw new RangeError('a group has at least one culprit');
  return {
    class: longest.class,
    vantage,
    process: longest.process?.name ?? null,
    pids: unique(culprits.flatMap(({ process }) => (process === null ? [] : [process.pid]))),
    syscall: longest.syscall?.name ?? null,
    file: longest.syscall?.file ?? null,
    handler: longest.process === null ? longest.handler : null,
    cgroup: longest.cgroup,
    pod: longest.pod,
    cpus: unique(culprits.map(({ cpu }) => cpu)),
    times: culprits.length,
    incidents: [...found].sort((one, other) => one - other),
    share: incidents === 0 ? 0 : found.size / incidents,
    longestNs: longest.lengthNs,
    stack: longest.stack,
    probes: [...probes.values()]
      .sort((one, other) => one.probe.sentNs - other.probe.sentNs)
      .map(({ probe, delayNs }) => ({ path: probe.path, seq: probe.seq, delayNs })),
    fix: longest.fix,
  };
}

function unique(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}

function conclude(incidents: number, accused: readonly Accused[]): Explanation {
  const of = (wanted: (one: Accused) => boolean) => new Set(accused.filter(wanted).flatMap((one) => one.incidents));
  const explained = of((one) => one.class !== 'steal');
  const paused = new Set([...of((one) => one.class === 'steal')].filter((index) => !explained.has(index)));
  const unexplained = Array.from({ length: incidents }, (_, index) => index).filter(
    (index) => !explained.has(index) && !paused.has(index),
  );
  const share = (part: ReadonlySet<number>): number => part.size / Math.max(1, incidents);
  const conclusion =
    incidents === 0
      ? 'nothing-to-explain'
      : share(explained) >= MOST
        ? 'culprit'
        : share(paused) >= MOST
          ? 'steal'
          : share(explained) + share(paused) <= FEW
            ? 'not-this-node'
            : 'partly';
  return {
    type: 'explanation',
    incidents,
    explained: explained.size,
    paused: paused.size,
    unexplained,
    conclusion,
    accused: [...accused],
  };
}
