import type { Finding } from '../model/finding.js';
import { MS, SECOND } from '../model/time.js';
import { fitLine } from '../stats/line-fit.js';
import { congestion } from './congestion.js';
import { bySent, type Level, type ProbeDelay } from './probe-delay.js';
import { rttSpike } from './rtt-spike.js';
import { slowDrain, stepsUp } from './slow-drain.js';
import { STALL_SLOPE, stall } from './stall.js';
import type { Surroundings } from './surroundings.js';

/** Raised probes that make a shape. */
const LEAST_PROBES = 5;
/** Probes of at least half the peak that make a shape: one high probe on a low plateau is a spike. */
const LEAST_HIGH_PROBES = 3;
/** Share of the probes of the hit flows that must be raised between the first and the last. */
const LEAST_DENSITY = 0.7;
const LEAST_STALL_FIT = 0.95;
/** Share of the peak below which the ends of an excursion are noise. */
const FOOT = 0.01;
/** A loose sequence of single spikes is not waited for any longer than this, or than it takes to show a shape. */
const LONGEST_SPARSE_NS = 1 * SECOND;

/** How long raised probes are waited for that do not stand up together. @param gapNs see {@link excursionGapNs} */
export function longestSparseNs(gapNs: number): number {
  return Math.max(LONGEST_SPARSE_NS, (LEAST_PROBES * gapNs) / 2);
}

/** Raised probes of a path that follow each other, and whether more may follow. */
export interface Excursion {
  readonly delays: readonly ProbeDelay[];
  readonly open: boolean;
}

/** Excess from which on a probe is part of an excursion: its foot, not the noise around it. */
export function raisedNs(level: Level): number {
  return Math.max(Math.min(level.holdNs, level.thresholdNs / 4), level.thresholdNs / 10);
}

/** Longest distance of sends between two raised probes of one excursion: one probe of the flow may be missing. */
export function excursionGapNs(intervalNs: number, flows: number): number {
  return Math.min(2.5 * intervalNs * flows, Math.max(500 * MS, 2.5 * intervalNs));
}

/**
 * Groups delayed probes that no stall has taken by their distance in sending. Groups without a probe above the
 * level of a spike are left out.
 * @param untilNs what arrived by this instant is complete
 */
export function findExcursions(
  delays: readonly ProbeDelay[],
  level: Level,
  gapNs: number,
  untilNs: number,
): Excursion[] {
  const raised = delays.filter((delay) => delay.excessNs >= raisedNs(level) || isSpike(delay, level)).sort(bySent);
  const groups: ProbeDelay[][] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const delay of raised) {
    const group = groups.at(-1);
    if (group !== undefined && delay.sentNs - previous <= gapNs) {
      group.push(delay);
    } else {
      groups.push([delay]);
    }
    previous = delay.sentNs;
  }
  return groups
    .filter((group) => group.some((delay) => isSpike(delay, level)))
    .map((group) => ({
      delays: group,
      open: Math.max(...group.map((delay) => delay.arrivalNs)) + gapNs > untilNs,
    }));
}

/** Whether the probe calls for judgement by its absolute RTT. */
export function isSpike(delay: ProbeDelay, level: Level): boolean {
  return delay.rttNs >= level.spikeNs;
}

/** Whether the probes stand up together, so that more than single spikes can be told of them. */
export function isSustained(delays: readonly ProbeDelay[], around: Surroundings): boolean {
  const peak = Math.max(...delays.map((delay) => delay.excessNs));
  return (
    delays.length >= LEAST_PROBES &&
    delays.filter((delay) => delay.excessNs >= peak / 2).length >= LEAST_HIGH_PROBES &&
    around.density(delays) >= LEAST_DENSITY
  );
}

/** Without the probes at both ends that hardly stand out of the noise, beside a peak so much higher. */
function withoutFoot(delays: readonly ProbeDelay[]): readonly ProbeDelay[] {
  const least = FOOT * Math.max(...delays.map((delay) => delay.excessNs));
  const from = delays.findIndex((delay) => delay.excessNs >= least);
  const to = delays.findLastIndex((delay) => delay.excessNs >= least);
  return delays.slice(Math.max(0, from), to + 1);
}

/** What a closed excursion is: a drain, congestion, a stall whose queue took long to empty, or single spikes. */
export function judgeExcursion(raised: readonly ProbeDelay[], level: Level, around: Surroundings): Finding[] {
  const delays = withoutFoot(raised);
  const spanNs = (delays.at(-1)?.sentNs ?? 0) - (delays[0]?.sentNs ?? 0);
  // What was sent within the time that instants are unsure by has no shape.
  if (!isSustained(delays, around) || spanNs <= level.spreadNs) {
    return delays.filter((delay) => isSpike(delay, level)).map((delay) => rttSpike(delay, around));
  }
  const line = fitLine(
    delays.map((delay) => delay.sentNs),
    delays.map((delay) => delay.rttNs),
  );
  const high = delays.some((delay) => delay.excessNs >= level.stallNs);
  if (high && line.slope <= STALL_SLOPE && line.fit >= LEAST_STALL_FIT && stepsUp(delays)) {
    return [stall(delays, level, around)];
  }
  return [slowDrain(delays, level, around) ?? congestion(delays, level, around)];
}
