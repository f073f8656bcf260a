import type { Finding } from '../model/finding.js';
import { congestion } from './congestion.js';
import { findExcursions, isSpike, isSustained, judgeExcursion, longestSparseNs, raisedNs } from './excursion.js';
import type { PathNoise } from './path-noise.js';
import type { Level, ProbeDelay } from './probe-delay.js';
import { rttSpike } from './rtt-spike.js';
import type { SampleTail } from './sample-tail.js';
import { findStalls } from './stall.js';
import type { Surroundings } from './surroundings.js';

/** How far a case is judged. */
export interface JudgementScope {
  /** Longest distance of sends within one excursion. */
  readonly gapNs: number;
  /** An excursion longer than this is a new level of the path. */
  readonly longestNs: number;
  /** What arrived by this instant is complete. */
  readonly untilNs: number;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Place of the first probe that is still to be judged, or null. */
  readonly openFrom: number | null;
  /** No finding to come is released before this instant, but for those of sustained excursions. */
  readonly waitingFromNs: number;
  /** The path has left its level for good. */
  readonly levelChanged: boolean;
}

/** Judges the delayed probes in the tail of a path: stalls first, then what is left, by its shape over send time. */
export function judge(
  tail: SampleTail,
  level: Level,
  around: Surroundings,
  noise: PathNoise,
  scope: JudgementScope,
): Judgement {
  const delays = delayed(tail, level);
  const findings: Finding[] = [];
  const claim = (members: readonly ProbeDelay[]): void => {
    for (const member of members) {
      tail.claim(member.place);
    }
  };
  const { stalls, waiting } = findStalls(delays, level, around, noise, scope.untilNs);
  for (const { finding, held } of stalls) {
    findings.push(finding);
    claim(held);
  }
  const sparseNs = longestSparseNs(scope.gapNs);
  let levelChanged = false;
  let waitingFromNs = Number.POSITIVE_INFINITY;
  let openFrom: number | null = null;
  const wait = ({ place, arrivalNs }: ProbeDelay): void => {
    openFrom = Math.min(openFrom ?? place, place);
    waitingFromNs = Math.min(waitingFromNs, arrivalNs);
  };
  const left = delays.filter((delay) => !tail.claimed(delay.place));
  for (const excursion of findExcursions(left, level, scope.gapNs, scope.untilNs)) {
    const members = excursion.delays;
    if (!excursion.open) {
      findings.push(...judgeExcursion(members, level, around));
      claim(members);
      continue;
    }
    const lengthNs = (members.at(-1)?.sentNs ?? 0) - (members[0]?.sentNs ?? 0);
    const loose = lengthNs > sparseNs && !isSustained(members, around);
    if (!loose && lengthNs > scope.longestNs) {
      findings.push(congestion(members, level, around));
      claim(members);
      levelChanged = true;
      continue;
    }
    for (const delay of members.filter((member) => isSpike(member, level))) {
      if (loose && delay.arrivalNs <= scope.untilNs) {
        findings.push(rttSpike(delay, around));
        tail.claim(delay.place);
      } else {
        // A long, dense excursion ends as one finding, later than any stall inside it: nothing waits for it.
        if (lengthNs <= sparseNs) wait(delay);
        else openFrom = Math.min(openFrom ?? delay.place, delay.place);
      }
    }
  }
  for (const delay of waiting) {
    if (!tail.claimed(delay.place)) wait(delay);
  }
  return { findings, openFrom, waitingFromNs, levelChanged };
}

/** The probes of the tail that no finding has taken and that were held, or that stand above the level of a spike. */
function delayed(tail: SampleTail, level: Level): ProbeDelay[] {
  const delays: ProbeDelay[] = [];
  const least = Math.min(level.medianNs + Math.min(level.holdNs, raisedNs(level)), level.spikeNs);
  for (let place = tail.start; place < tail.end; place += 1) {
    const rttNs = tail.rttNs(place);
    if (rttNs >= least && !tail.claimed(place)) {
      const sentNs = tail.sentNs(place);
      delays.push({
        place,
        sentNs,
        rttNs,
        arrivalNs: sentNs + rttNs,
        excessNs: rttNs - level.medianNs,
        flow: tail.flow(place),
        previousNs: tail.previousNs(place),
        stamp: tail.stamp(place),
      });
    }
  }
  return delays;
}
