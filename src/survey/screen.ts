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
  const troubled = book.units.filter(sign);
  const open = new Set(troubled);
  const remaining = new Set<Counted>();
  const reachedBy = new Map<Unit, Counted[]>(troubled.map((unit) => [unit, []]));
  for (const reached of placesOf(book, sign)) {
    const counted: Counted = { reached, hit: 0, of: reached.units.length };
    for (const unit of reached.units) {
      const reachers = reachedBy.get(unit);
      if (reachers === undefined) continue;
      counted.hit += 1;
      reachers.push(counted);
    }
    if (counted.hit > 0) remaining.add(counted);
  }
  const suspected: Suspected[] = [];
  while (suspected.length < MOST_SUSPECTED && open.size > 0) {
    const total = book.units.length - (troubled.length - open.size);
    let best: { readonly one: Counted; readonly weight: number } | null = null;
    for (const one of remaining) {
      const weight = weigh(one, open.size, total);
      if (best === null || weight > best.weight) best = { one, weight };
    }
    if (best === null || best.weight < SUSPECTED_FROM) break;
    const { one, weight } = best;
    const { reached, hit, of } = one;
    const most = reached.units.filter(sign).reduce((more, { stalls, lost }) => Math.max(more, stalls, lost), 0);
    suspected.push({ place: reached.place, units: reached.units, hit, of, most, weight });
    for (const unit of reached.units) {
      if (!open.delete(unit)) continue;
      for (const other of reachedBy.get(unit) ?? []) {
        other.of -= 1;
        other.hit -= 1;
        // A place without one more sign can explain nothing any more.
        if (other.hit === 0) remaining.delete(other);
      }
    }
  }
  return { suspected, unexplained: [...open] };
}

/** A place, with the number of its units that nothing named before it explains: with the sign, and all. */
interface Counted {
  readonly reached: Reached;
  hit: number;
  of: number;
}

function weigh({ reached, hit, of }: Counted, open: number, total: number): number {
  // By chance as often as elsewhere: where most of the fleet shows the sign, that a node does says nothing about it.
  const chance = Math.max(LEAST_CHANCE, Math.min(0.5, (open - hit + 0.5) / (total - of + 1)));
  const byChance = hit * Math.log(chance) + (of - hit) * Math.log1p(-chance);
  return Math.log(reached.prior) + logShare(hit, of) - byChance;
}

/** log of the likelihood of `hit` of `of` where a fault may hold any share of what crosses it. */
function logShare(hit: number, of: number): number {
  return -Math.log(of + 1) - logChoose(of, hit);
}
