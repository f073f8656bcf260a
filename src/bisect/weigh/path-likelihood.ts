import { type PathObservation, stateOf } from '../evidence/observation.js';
import { logChoose, logMix, logOfCounts, logSum, mixerOf } from './log-math.js';

/** A flow that should have been held was seen to pass: its stall began later than thought, or its probe was mistaken. */
export const MISSED = 0.005;
/** A flow that should have passed was held: by something else at that very instant. */
export const STRAY = 0.002;
/** Some probes of one flow wait and others pass, which neither a pipe nor a queue does. */
export const MIXED = 0.01;
/** A path does anything at all in one incident. */
export const GLITCH = 0.01;
/** A path is not what the hosts file says, in the whole run. */
export const WRONG = 0.02;

/** How likely one incident's pattern on one path is when the cause holds all, none or only the new of its packets. */
export interface PathScores {
  readonly all: number;
  readonly none: number;
  readonly new: number;
  readonly drawn: number;
  readonly any: number;
}

export function scorePath(seen: PathObservation): PathScores {
  const glitch = glitchOf(seen);
  const robust = (score: number): number => withGlitch(score, glitch);
  const { hit, clean, mixed, freshHeld, freshClean } = seen;
  const [held, passed] = [hit.length, clean.length];
  const as = (rate: number, yes: number, no: number): number => yes * Math.log(rate) + no * Math.log1p(-rate);
  const odd = mixed * Math.log(MIXED);
  return {
    all: robust(as(1 - MISSED, held + freshHeld, passed + freshClean) + odd),
    none: robust(as(STRAY, held + freshHeld, passed + freshClean) + odd),
    new: robust(as(STRAY, held, passed) + as(1 - MISSED, freshHeld, freshClean) + odd),
    drawn: scoreDrawn([seen]),
    any: glitch,
  };
}

/** Any pattern: all flows or none are likelier than some. */
export function glitchOf(seen: PathObservation): number {
  switch (stateOf(seen)) {
    case 'hit':
      return Math.log(0.3);
    case 'clean':
      return Math.log(0.5);
    case 'partial': {
      const held = seen.hit.length + seen.mixed + seen.freshHeld;
      const units = held + seen.clean.length + seen.freshClean;
      return Math.log(0.2) - Math.log(units + 1) - logChoose(units, held);
    }
  }
}

/** Keeps a few odd flows of one incident from outweighing all the others. @param glitch that of {@link glitchOf} */
export const withGlitch: (score: number, glitch: number) => number = mixerOf(GLITCH);

/**
 * The incidents of a run on a path of which nothing is known: it may be hit always, never, or now and then. What a
 * hypothesis says of a path can be wrong for the whole run, and then all its incidents are wrong together.
 */
export function scoreUnknownPath(seen: readonly PathObservation[]): number {
  const counts = { hit: 0, clean: 0, partial: 0 };
  let glitches = 0;
  for (const one of seen) {
    const state = stateOf(one);
    counts[state] += 1;
    if (state === 'partial') glitches += glitchOf(one);
  }
  return logOfCounts([counts.hit, counts.clean, counts.partial]) + glitches;
}

/** Every probe of the path waits by chance, whatever its flow is, and how often is not known. */
export function scoreDrawn(seen: readonly PathObservation[]): number {
  let [held, passed] = [0, 0];
  for (const { hit, clean, mixed, freshHeld, freshClean } of seen) {
    held += hit.length + mixed + freshHeld;
    passed += clean.length + mixed + freshClean;
  }
  return logOfCounts([held, passed]);
}

/** None of the flows comes by that place; each of them waits always or never; each waits by chance; or as it likes. */
const SOME_FLOWS = { none: 0.3, fixed: 0.3, drawn: 0.1, any: 0.3 };
/** Shares of the flows that may come by it, equally likely. */
const SHARES_OF_FLOWS = [0.06, 0.12, 0.25, 0.5, 0.75];

/**
 * The incidents of a run on a path of which some flows may come by a place that is not known: those wait, or none does.
 *
 * @param none the score of the same where nothing of the path waits
 */
export function scoreSomeFlows(seen: readonly PathObservation[], none: number): number {
  const counts = new Map<number, { held: number; passed: number }>();
  let [mixed, fresh] = [0, 0];
  for (const one of seen) {
    for (const [flows, held] of [[one.hit, 1] as const, [one.clean, 0] as const]) {
      for (const flow of flows) {
        const count = counts.get(flow) ?? { held: 0, passed: 0 };
        counts.set(flow, { held: count.held + held, passed: count.passed + 1 - held });
      }
    }
    mixed += one.mixed;
    fresh += one.freshHeld + one.freshClean;
  }
  const flows = [...counts.values()].map(({ held, passed }) => ({
    there: held * Math.log1p(-MISSED) + passed * Math.log(MISSED),
    elsewhere: held * Math.log(STRAY) + passed * Math.log1p(-STRAY),
  }));
  const fixed = logSum(
    SHARES_OF_FLOWS.map((share) =>
      flows.reduce(
        (sum, { there, elsewhere }) => sum + logMix(elsewhere, share, there),
        -Math.log(SHARES_OF_FLOWS.length),
      ),
    ),
  );
  return logSum([
    Math.log(SOME_FLOWS.none) + none,
    Math.log(SOME_FLOWS.fixed) + fixed + mixed * Math.log(MIXED) + fresh * Math.log(0.5),
    Math.log(SOME_FLOWS.drawn) + scoreDrawn(seen),
    Math.log(SOME_FLOWS.any) + scoreUnknownPath(seen),
  ]);
}

/**
 * The score of a path over a run, with the chance that the path is not what it is taken for.
 *
 * @param unknown the score of the same where nothing is known of the path
 */
export const doubted: (score: number, unknown: number) => number = mixerOf(WRONG);
