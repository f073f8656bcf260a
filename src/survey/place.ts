import type { EdgeBook, Unit } from './edge-book.js';

/** Where a fault of a fleet can be, as far as rates tell: one node, or the network between some. */
export type Place =
  | { readonly is: 'node'; readonly node: string; readonly side: 'whole' | 'in' | 'out' | 'nodeport' | 'pod' }
  | { readonly is: 'link'; readonly between: readonly [string, string] }
  | { readonly is: 'zones'; readonly between: readonly [string, string] }
  | { readonly is: 'border'; readonly zone: string }
  | { readonly is: 'inside'; readonly zone: string };

/** A place with all units that a fault there can hold. */
export interface Reached {
  readonly place: Place;
  readonly units: readonly Unit[];
  /** How often it is the cause, before anything was seen. */
  readonly prior: number;
}

const ONE_NODE = 1e-3;
const ONE_LINK = 1e-5;
const ZONES = 1e-3;

/** All places that some unit with a sign of a fault crosses; of others nothing can be suspected. */
export function placesOf(book: EdgeBook, sign: (unit: Unit) => boolean): Reached[] {
  const troubled = book.units.filter(sign);
  const nodes = new Set(troubled.flatMap(({ from, to }) => [from, to]));
  return [
    ...[...nodes].flatMap((node) => nodePlaces(book, node)),
    ...linkPlaces(book, troubled),
    ...zonePlaces(book),
  ].filter(({ units }) => units.length > 0);
}

function nodePlaces({ into, outOf }: EdgeBook, node: string): Reached[] {
  const arriving = into.get(node) ?? [];
  const leaving = outOf.get(node) ?? [];
  const place = (side: Extract<Place, { is: 'node' }>['side'], units: readonly Unit[]): Reached => ({
    place: { is: 'node', node, side },
    units,
    prior: ONE_NODE / 5,
  });
  return [
    place('whole', [...arriving, ...leaving]),
    place('in', arriving),
    place('out', leaving),
    place(
      'nodeport',
      arriving.filter(({ kind }) => kind === 'nodeport'),
    ),
    place(
      'pod',
      [...arriving, ...leaving].filter(({ kind }) => kind === 'pod'),
    ),
  ];
}

function linkPlaces({ into, outOf }: EdgeBook, troubled: readonly Unit[]): Reached[] {
  const ofNames = ({ from, to }: Unit): readonly [string, string] => (from < to ? [from, to] : [to, from]);
  const pairs = new Map(troubled.map((unit) => [ofNames(unit).join('\0'), ofNames(unit)]));
  return [...pairs.values()].map(([from, to]) => ({
    place: { is: 'link', between: [from, to] },
    units: [
      ...(outOf.get(from) ?? []).filter((unit) => unit.to === to),
      ...(into.get(from) ?? []).filter((unit) => unit.from === to),
    ],
    prior: ONE_LINK,
  }));
}

function zonePlaces({ members, units }: EdgeBook): Reached[] {
  const zoneOf = (node: string): string | undefined => members.get(node)?.zone;
  const between = new Map<string, { place: Place; units: Unit[] }>();
  const add = (key: string, place: Place, unit: Unit): void => {
    const known = between.get(key);
    if (known === undefined) between.set(key, { place, units: [unit] });
    else known.units.push(unit);
  };
  for (const unit of units) {
    const [a, b] = [zoneOf(unit.from), zoneOf(unit.to)];
    if (a === undefined || b === undefined) continue;
    if (a === b) {
      add(`in ${a}`, { is: 'inside', zone: a }, unit);
      continue;
    }
    const pair = a < b ? ([a, b] as const) : ([b, a] as const);
    add(`between ${pair.join('\0')}`, { is: 'zones', between: pair }, unit);
    for (const zone of pair) add(`border ${zone}`, { is: 'border', zone }, unit);
  }
  return [...between.values()].map((found) => ({ ...found, prior: ZONES / between.size }));
}
