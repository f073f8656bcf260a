import type { Culprit } from '../model/culprit.js';
import type { IncidentTrace } from '../model/explanation.js';
import { coveredNs, type Stretch } from '../stats/covered-time.js';
import { MAIN_SHARE } from './hold.js';

/** An incident, or a stall of one path: from the last clean send to the common release. */
export interface HeldInterval {
  readonly startMinNs: number;
  /** When the first probe that was held had been sent. */
  readonly startMaxNs: number;
  readonly releaseNs: number;
  /** RTT of its paths when nothing waits: the release is seen by up to so much later. */
  readonly usualRttNs: number;
}

/** Waits of one machine, on the time line of the incidents, and how good the trace of them was. */
export interface TracedMachine {
  readonly vantage: string;
  readonly culprits: readonly Culprit[];
  /** How far its clock may be off, after alignment. */
  readonly clockUncertaintyNs: number;
  /** The shortest wait that is told. */
  readonly minNs: number;
  readonly tracedFromNs: number;
  /** Infinite while it goes on. */
  readonly tracedToNs: number;
  /** Running totals of events that were lost, in the order of time. */
  readonly losses: readonly { readonly timeNs: number; readonly lostEvents: number }[];
}

/** A release seen from outside and one seen by the kernel lie this close, clocks aside. */
const SAME_RELEASE_NS = 5_000_000;

export function toleranceOf({ clockUncertaintyNs }: Pick<TracedMachine, 'clockUncertaintyNs'>): number {
  return SAME_RELEASE_NS + clockUncertaintyNs;
}

/** Whether a wait let packets go at the release of the incident. */
export function releasesWith(culprit: Culprit, incident: HeldInterval, toleranceNs: number): boolean {
  const lateNs = incident.releaseNs - culprit.release;
  return lateNs >= -toleranceNs && lateNs <= incident.usualRttNs + toleranceNs;
}

/** How long probes were held, and how much of that some stretches of time cover. */
export function coverage(
  { startMinNs, startMaxNs, releaseNs, usualRttNs }: HeldInterval,
  stretches: readonly Stretch[],
  { clockUncertaintyNs }: Pick<TracedMachine, 'clockUncertaintyNs'>,
): { readonly packetsNs: number; readonly coveredNs: number; readonly isHalf: boolean } {
  const fromNs = startMaxNs < releaseNs ? startMaxNs : startMinNs;
  // They were under way for the usual time, too: there or back, so the wait lies anywhere within.
  const packetsNs = Math.max(1, Math.round(releaseNs - fromNs - usualRttNs));
  const covered = coveredNs(stretches, fromNs - clockUncertaintyNs, releaseNs + clockUncertaintyNs);
  return {
    packetsNs,
    coveredNs: Math.round(Math.min(covered, packetsNs)),
    isHalf: covered >= MAIN_SHARE * packetsNs,
  };
}

/**
 * What the kernel of a machine shows of an incident. `no` is said only where a wait of half its length would have been
 * told: the trace was on all the while, nothing was lost, and such a wait is long enough.
 *
 * @param culprit who is named for it
 */
export function traceIncident(
  number: number,
  incident: HeldInterval,
  machine: TracedMachine,
  culprit: string | null,
): IncidentTrace {
  const toleranceNs = toleranceOf(machine);
  const near = machine.culprits.filter(
    ({ class: kind, start, release }) =>
      kind !== 'not-this-node' &&
      release >= incident.startMaxNs - toleranceNs &&
      start <= incident.releaseNs + toleranceNs,
  );
  const {
    packetsNs,
    coveredNs: waitNs,
    isHalf,
  } = coverage(
    incident,
    near.map(({ start, release }) => ({ fromNs: start, toNs: release, part: 1 })),
    machine,
  );
  const letGo = near.some((one) => releasesWith(one, incident, toleranceNs));
  const wholeNs = Math.max(1, incident.releaseNs - incident.startMinNs);
  const onNs = Math.min(incident.releaseNs, machine.tracedToNs) - Math.max(incident.startMinNs, machine.tracedFromNs);
  const traced = Math.max(0, Math.min(1, onNs / wholeNs));
  const lostEvents = lostAround(machine.losses, incident.startMinNs - toleranceNs, incident.releaseNs + toleranceNs);
  const would = traced === 1 && lostEvents === 0 && machine.minNs <= MAIN_SHARE * packetsNs;
  const waited = letGo && isHalf ? 'yes' : would && !isHalf ? 'no' : 'unknown';
  return {
    incident: number,
    startMin: Math.round(incident.startMinNs),
    release: Math.round(incident.releaseNs),
    vantage: machine.vantage,
    waited,
    packetsNs,
    waitNs,
    traced,
    lostEvents,
    minNs: machine.minNs,
    cpus: sorted(near.flatMap(({ queuedOn, cpu }) => (queuedOn.length === 0 ? [cpu] : queuedOn.map((on) => on.cpu)))),
    threads: [...new Set(near.map(({ servedBy }) => servedBy))].sort(),
    culprit,
    because: becauseOf(near, waited, machine.minNs),
  };
}

function becauseOf(near: readonly Culprit[], waited: IncidentTrace['waited'], minNs: number): string {
  const [longest] = [...near].sort((one, other) => other.waitNs - one.waitNs);
  if (longest !== undefined) return longest.because;
  return waited === 'no'
    ? `no packet waited ${minNs / 1e6} ms for its CPU`
    : 'the trace does not tell: it was not on all the while, lost events, or leaves out waits so short';
}

function lostAround(losses: TracedMachine['losses'], fromNs: number, toNs: number): number {
  const before = losses.findLast(({ timeNs }) => timeNs <= fromNs)?.lostEvents ?? 0;
  const after = losses.find(({ timeNs }) => timeNs >= toNs) ?? losses.at(-1);
  return Math.max(0, (after?.lostEvents ?? 0) - before);
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}
