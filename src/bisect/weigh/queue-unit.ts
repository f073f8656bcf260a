import type { PathObservation } from '../evidence/observation.js';
import { type Unit, unitOf } from '../paths/hashed-path.js';
import { logSum } from './log-math.js';
import { glitchOf, MISSED, MIXED, STRAY, withGlitch } from './path-likelihood.js';

/** A unit on the queue `place`, or on `again`, waits when that queue does, and passes when another one does. */
export function scoreUnit({ nowhere, gain }: Unit, place: number, again = -1): number {
  const second = again === place ? 0 : (gain[again] ?? 0);
  return nowhere + (gain[place] ?? 0) + second;
}

/** How likely a new port waits where one of the queues does. @param twice it meets them again, where its hash is another */
export function newPortHeld(queues: number, twice: boolean): number {
  const once = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
  return twice ? 1 - (1 - once) ** 2 : once;
}

/** One incident on one path, nothing being known of the places of its flows. */
export function scoreOnce(seen: PathObservation, queues: number, byPorts: number): number {
  const share = newPortHeld(queues, false);
  const held = seen.hit.length + seen.freshHeld;
  const passed = seen.clean.length + seen.freshClean;
  const apart = held * Math.log(share) + passed * Math.log1p(-share);
  const unit = unitOf(held, passed);
  const together = logSum([-Math.log(queues) + scoreUnit(unit, 0), Math.log(1 - 1 / queues) + scoreUnit(unit, -1)]);
  const score = logSum([Math.log(byPorts) + apart, Math.log1p(-byPorts) + together]);
  return withGlitch(score + seen.mixed * Math.log(MIXED), glitchOf(seen));
}
