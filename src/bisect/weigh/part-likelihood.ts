import type { Hypothesis } from '../causes/hypothesis.js';
import type { PathObservation } from '../evidence/observation.js';
import type { WaitedIn } from '../evidence/request-part.js';
import { mayHoldOf } from './cause-parts.js';
import { logOfCounts, logOfRare } from './log-math.js';

/** A process that stands still holds up what the kernel does for it once in so many requests, or less. */
const CONNECT_HELD = 50;
const ONE_ANSWER = Math.log(2 * (1 - 1 / CONNECT_HELD));
const ONE_CONNECT = Math.log(2 / CONNECT_HELD);

/** What requests show of one path. */
export interface PartsOfPath extends WaitedIn {
  readonly path: number;
}

/** Paths on which requests waited that say in which part, of one incident. */
export function requestPartsOf(paths: readonly (PathObservation | null)[]): readonly PartsOfPath[] {
  return paths.flatMap((seen, path) => (seen?.waitedIn === undefined ? [] : { path, ...seen.waitedIn }));
}

/** By path, of several incidents. */
export function partsByPath(incidents: readonly { readonly parts: readonly PartsOfPath[] }[]): readonly PartsOfPath[] {
  const sums = new Map<number, PartsOfPath>();
  for (const { parts } of incidents)
    for (const { path, connect, answer } of parts) {
      const known = sums.get(path) ?? { path, connect: 0, answer: 0 };
      sums.set(path, { path, connect: known.connect + connect, answer: known.answer + answer });
    }
  return [...sums.values()];
}

/**
 * In which part requests waited, where a cause made the incidents: a process answers what is asked, and the kernel opens
 * the connections to it. All else holds packets of either part, in shares that are not known.
 */
export function scoreParts(hypothesis: Hypothesis, parts: readonly PartsOfPath[]): number {
  if (hypothesis.holdsAnswers === undefined) return partsByChance(parts);
  const mayHold = mayHoldOf(hypothesis);
  const score = ({ path, connect, answer }: PartsOfPath): number =>
    mayHold[path] === 1 ? logOfRare(connect, answer, CONNECT_HELD) : logOfCounts([connect, answer]);
  return parts.reduce((sum, one) => sum + score(one), 0);
}

/** The same where chance made them. */
export function partsByChance(parts: readonly PartsOfPath[]): number {
  return parts.reduce((sum, { connect, answer }) => sum + logOfCounts([connect, answer]), 0);
}

/** How much better or worse a cause explains one incident by it than others do. */
export function explainsParts({ holdsAnswers }: Hypothesis, parts: readonly PartsOfPath[]): number {
  if (holdsAnswers === undefined || parts.length === 0) return 0;
  return parts.reduce((sum, { connect, answer }) => sum + answer * ONE_ANSWER + connect * ONE_CONNECT, 0);
}
