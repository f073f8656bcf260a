import { logChoose } from '../bisect/weigh/log-math.js';
import type { EdgeBook, Unit } from './edge-book.js';
import { type Place, placesOf, type Reached } from './place.js';

/** A place that explains signs of a fault which nothing named before it explains. */
export interface Suspected {
  readonly place: Place;
  /** Units with the sign, of all that cross the place and are not explained by another. */
  readonly hit: number;
  readonly of: number;
  /** Stalls, or losses, of the unit that has most: a single one that held many units is no fault yet. */
  readonly most: number;
  /** Every unit that crosses the place. */
  readonly units: readonly Unit[];
  /** log of how many times likelier what was seen is with a fault there than without, its prior included. */
  readonly weight: number;
}

export interface Screening {
  /** In the order in which they explain most. */
  readonly suspected: readonly Suspected[];
  /** Units with the sign that no place explains. */
  readonly unexplained: readonly Unit[];
}

/** Of units that no fault touches, this share at least has a sign of one now and then. */
const LEAST_CHANCE = 2e-4;
/** So many places are looked at further. */
const MOST_SUSPECTED = 64;
/** log of the odds from which on a place is looked at further. */
const SUSPECTED_FROM = 0;

/**
 * Finds the few places that explain where in a fleet something was held, the one that explains most first. What it
 * explains is taken away before the next is looked for, so that the neighbours of a bad node are not suspected for what
 * they saw of it, nor the nodes at both ends of a bad link between zones.
 *
 * @param sign what a fault of the kind looked for does to a unit
 */
export function screen(book: EdgeBook, sign: (unit: Unit) => boolean): Screening {
  const places = placesOf(book, sign);
  const explained = new Set<Unit>();
  const suspected: Suspected[] = [];
  const troubled = book.units.filter(sign);
  let remaining = places;
  while (suspected.length < MOST_SUSPECTED && explained.size < troubled.length) {
    const open = troubled.length - explained.size;
    const total = book.units.length - explained.size;
    const weighed = remaining.flatMap((reached) => {
      const one = weigh(reached, { sign, explained, open, total });
      return one === null ? [] : [{ reached, ...one }];
    });
    const best = weighed.reduce<(typeof weighed)[number] | null>((a, b) => (a && a.weight >= b.weight ? a : b), null);
    if (best === null || best.weight < SUSPECTED_FROM) break;
    const { reached, hit, of, weight } = best;
    const most = Math.max(...reached.units.filter(sign).map(({ stalls, lost }) => Math.max(stalls, lost)));
    suspected.push({ place: reached.place, units: reached.units, hit, of, most, weight });
    for (const unit of best.reached.units) if (sign(unit)) explained.add(unit);
    // A place without one more sign can explain nothing any more.
    remaining = weighed.map(({ reached }) => reached).filter((reached) => reached !== best.reached);
  }
  return { suspected, unexplained: troubled.filter((unit) => !explained.has(unit)) };
}

interface Standing {
  readonly sign: (unit: Unit) => boolean;
  readonly explained: ReadonlySet<Unit>;
  /** Units with the sign that are not explained, and all that are left. */
  readonly open: number;
  readonly total: number;
}

function weigh({ units, prior }: Reached, { sign, explained, open, total }: Standing) {
  let hit = 0;
  let of = 0;
  for (const unit of units) {
    if (explained.has(unit)) continue;
    of += 1;
    if (sign(unit)) hit += 1;
  }
  if (hit === 0) return null;
  // By chance as often as elsewhere: where most of the fleet shows the sign, that a node does says nothing about it.
  const chance = Math.max(LEAST_CHANCE, Math.min(0.5, (open - hit + 0.5) / (total - of + 1)));
  const byChance = hit * Math.log(chance) + (of - hit) * Math.log1p(-chance);
  return { hit, of, weight: Math.log(prior) + logShare(hit, of) - byChance };
}

/** log of the likelihood of `hit` of `of` where a fault may hold any share of what crosses it. */
function logShare(hit: number, of: number): number {
  return -Math.log(of + 1) - logChoose(of, hit);
}
