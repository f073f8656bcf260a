import type { LinkVerdict } from '../model/fleet/fleet-verdict.js';
import type { Unit } from './edge-book.js';
import { type FleetView, isBadLink, LEAST_STALLS, type SuspectsView } from './judge-fleet.js';
import { nodeGroups } from './node-groups.js';
import type { Place } from './place.js';
import type { Suspected } from './screen.js';

/** By rates alone no link is surer. */
const MOST_SURE = 0.99;
/** Without zones that would part them, groups of nodes are found by what was held, so they are less sure. */
const GROUPS_SURE = 0.9;
const MOST_NAMED = 200;

/** The network between nodes, where it is what is at fault. */
export function linkVerdicts({ stalls, losses }: FleetView, { together, judgements }: SuspectsView): LinkVerdict[] {
  const convicted = new Set(judgements.flatMap(({ node, convicted }) => (convicted ? node : [])));
  // What a bad node does to one of its edges is no fault of the network there.
  const isOwn = ({ place }: Suspected): boolean =>
    place.is !== 'link' || !place.between.some((node) => convicted.has(node));
  const bad = (found: readonly Suspected[]): Suspected[] => found.filter((one) => isBadLink(one) && isOwn(one));
  const links = [
    ...bad(stalls.suspected).map((found) => toVerdict(found, 'stall')),
    ...bad(losses.suspected).map((found) => toVerdict(found, 'loss')),
  ];
  const unexplained = [
    ...stalls.unexplained,
    ...stalls.suspected.flatMap(({ place, units }) =>
      place.is === 'node' && together.includes(place.node) ? units.filter(({ hit }) => hit) : [],
    ),
  ].filter((unit) => unit.stalls >= LEAST_STALLS - 0.5);
  const parted = nodeGroups(unexplained);
  return parted === null ? links : [...links, betweenGroups(parted.groups, unexplained)];
}

function toVerdict({ place, hit, of, weight }: Suspected, kind: LinkVerdict['kind']): LinkVerdict {
  const held = kind === 'stall' ? 'held' : 'lost';
  return {
    type: 'link-verdict',
    cause: 'network',
    kind,
    ...whereOf(place),
    probability: Math.min(MOST_SURE, 1 / (1 + Math.exp(-weight))),
    pathsHit: hit,
    paths: of,
    words: `probes were ${held} on ${hit} of the ${of} ways that cross ${sayPlace(place)}`,
  };
}

function whereOf(place: Place): Pick<LinkVerdict, 'between' | 'scope'> {
  switch (place.is) {
    case 'link':
      return { scope: 'nodes', between: [...place.between] };
    case 'zones':
      return { scope: 'zones', between: [...place.between] };
    case 'border':
    case 'inside':
      return { scope: place.is, between: [place.zone] };
    case 'node':
      throw new Error('a node is no link');
  }
}

function sayPlace(place: Place): string {
  switch (place.is) {
    case 'link':
      return `the network between ${place.between.join(' and ')}`;
    case 'zones':
      return `the network between zones ${place.between.join(' and ')}`;
    case 'border':
      return `the border of zone ${place.zone}`;
    case 'inside':
      return `the network inside zone ${place.zone}`;
    case 'node':
      return place.node;
  }
}

function betweenGroups([first, second]: readonly [string[], string[]], units: readonly Unit[]): LinkVerdict {
  return {
    type: 'link-verdict',
    cause: 'network',
    kind: 'stall',
    scope: 'groups',
    between: [],
    groups: [first.slice(0, MOST_NAMED), second.slice(0, MOST_NAMED)],
    probability: GROUPS_SURE,
    pathsHit: units.length,
    paths: units.length,
    words: `all that was held went between ${first.length} nodes (${first[0]} …) and ${second.length} others (${second[0]} …), at the same instants`,
  };
}
