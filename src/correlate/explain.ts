import type { Culprit, StallClass } from '../model/culprit.js';
import type { Accused, Explanation, IncidentTrace } from '../model/explanation.js';
import {
  coverage,
  type HeldInterval,
  releasesWith,
  type TracedMachine,
  toleranceOf,
  traceIncident,
} from './incident-trace.js';

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

/** A probe counts as delayed by more than this over its path's usual RTT. */
const DELAYED_NS = 1_000_000;
/** Culprits that explain so many incidents explain the run. */
const MOST = 0.5;
/** Fewer may be chance. */
const FEW = 0.1;

/** Who is named has held packets in so many incidents. */
const LEAST_INCIDENTS = 2;
/** Classes of which the whole wait is the reason's doing. */
const WHOLE: ReadonlySet<StallClass> = new Set(['steal', 'budget', 'rps-backlog']);

/**
 * Says which culprit explains which incidents, and which probes it delayed by how much.
 *
 * This is the one place that decides who is named for a run. The rule: a culprit explains an incident if one of its
 * waits let packets go at the release of the incident, and if it had the CPUs that packets were queued on for at least
 * half of the time that the probes were held, all CPUs and threads that served them taken together. It is convicted if
 * it explains two incidents or more: once may be chance. Nothing is measured here: all instants come in aligned to one
 * time line.
 *
 * @param probes all that were sent while something was held; others are passed over
 */
export function explainIncidents(
  incidents: readonly HeldInterval[],
  probes: readonly SentProbe[],
  machines: readonly TracedMachine[],
): Explanation {
  const groups = machines.flatMap((machine) => groupsOf(machine, incidents, probes));
  const accused = groups
    .map((group) => accusedOf(group, incidents.length))
    .sort(
      (one, other) =>
        Number(other.convicted) - Number(one.convicted) ||
        other.incidents.length - one.incidents.length ||
        other.probes.length - one.probes.length,
    );
  const traces = incidents.flatMap((incident, number) =>
    machines.map((machine) => {
      const named = groups.find((group) => group.vantage === machine.vantage && group.explains.has(number));
      return traceIncident(number, incident, machine, named?.culprits[0]?.process?.name ?? null);
    }),
  );
  return conclude(incidents.length, accused, traces);
}

interface Group {
  readonly vantage: string;
  readonly culprits: readonly Culprit[];
  /** Numbers of incidents. */
  readonly explains: ReadonlySet<number>;
  readonly probes: ReadonlyMap<string, { readonly probe: SentProbe; readonly delayNs: number }>;
}

function groupsOf(machine: TracedMachine, incidents: readonly HeldInterval[], probes: readonly SentProbe[]): Group[] {
  const toleranceNs = toleranceOf(machine);
  const byName = new Map<string, Culprit[]>();
  for (const culprit of machine.culprits) {
    if (culprit.class === 'not-this-node' || culprit.class === 'unattributed') continue;
    const key = keyOf(culprit);
    byName.set(key, [...(byName.get(key) ?? []), culprit]);
  }
  return [...byName.values()].map((culprits) => {
    const numbers = incidents.flatMap((incident, number) => (explains(culprits, incident, machine) ? [number] : []));
    const delayed = new Map<string, { readonly probe: SentProbe; readonly delayNs: number }>();
    for (const probe of probes) {
      const delayNs = Math.max(0, ...culprits.map((culprit) => delayBy(culprit, probe, toleranceNs)));
      if (delayNs > 0) delayed.set(`${probe.path}#${probe.seq}`, { probe, delayNs });
    }
    return { vantage: machine.vantage, culprits, explains: new Set(numbers), probes: delayed };
  });
}

/** One process is one culprit, whatever it was at; where there is none, what it was. */
function keyOf({ class: kind, process, handler }: Culprit): string {
  return JSON.stringify(process === null ? [kind, handler] : [process.name]);
}

function explains(culprits: readonly Culprit[], incident: HeldInterval, machine: TracedMachine): boolean {
  const toleranceNs = toleranceOf(machine);
  if (!culprits.some((culprit) => releasesWith(culprit, incident, toleranceNs))) return false;
  const stretches = culprits.map(({ start, release, class: kind, heldShare }) => ({
    fromNs: start,
    toNs: release,
    part: WHOLE.has(kind) ? 1 : heldShare,
  }));
  return coverage(incident, stretches, machine).isHalf;
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
  const [longest] = [...culprits].sort((one, other) => other.heldNs - one.heldNs || other.waitNs - one.waitNs);
  if (longest === undefined) throw new RangeError('a group has at least one culprit');
  return {
    class: longest.class,
    vantage,
    process: longest.process?.name ?? null,
    pids: unique(culprits.flatMap(({ process }) => (process === null || process.pid < 0 ? [] : [process.pid]))),
    syscall: longest.syscall?.name ?? null,
    file: longest.syscall?.file ?? null,
    handler: longest.process === null ? longest.handler : null,
    cgroup: longest.cgroup,
    pod: longest.pod,
    cpus: unique(culprits.flatMap(({ cpu }) => (cpu < 0 ? [] : [cpu]))),
    times: culprits.length,
    incidents: [...found].sort((one, other) => one - other),
    share: incidents === 0 ? 0 : found.size / incidents,
    longestNs: WHOLE.has(longest.class) ? longest.waitNs : longest.heldNs,
    rxray: culprits.some(({ rxray }) => rxray),
    convicted: longest.class !== 'steal' && found.size >= LEAST_INCIDENTS,
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

function conclude(incidents: number, accused: readonly Accused[], traces: readonly IncidentTrace[]): Explanation {
  const of = (wanted: (one: Accused) => boolean) => new Set(accused.filter(wanted).flatMap((one) => one.incidents));
  const explained = of((one) => one.convicted);
  const paused = new Set([...of((one) => one.class === 'steal')].filter((index) => !explained.has(index)));
  const all = Array.from({ length: incidents }, (_, index) => index);
  const unexplained = all.filter((index) => !explained.has(index) && !paused.has(index));
  const clear = all.filter((index) => traces.every(({ incident, waited }) => incident !== index || waited === 'no'));
  const share = (part: number): number => part / Math.max(1, incidents);
  const conclusion =
    incidents === 0
      ? 'nothing-to-explain'
      : share(explained.size) >= MOST
        ? 'culprit'
        : share(paused.size) >= MOST
          ? 'steal'
          : share(clear.length) >= 1 - FEW
            ? 'not-this-node'
            : share(explained.size + paused.size) > FEW
              ? 'partly'
              : 'unattributed';
  return {
    type: 'explanation',
    incidents,
    explained: explained.size,
    paused: paused.size,
    unexplained,
    conclusion,
    traces: [...traces],
    accused: [...accused],
  };
}
