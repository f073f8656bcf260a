import type { Unit } from './edge-book.js';

/** Of the edges between nodes, those that may lie within a group all the same: strays of other causes. */
const MOST_WITHIN = 0.05;

/**
 * Two groups of nodes such that what was held went from one to the other, where there are such: the network between them
 * is at fault then, and no node.
 *
 * @param held units that were held and have no other explanation
 * @returns the largest such pair of groups, both in the order of names; null where there is none
 */
export function nodeGroups(held: readonly Unit[]): { readonly groups: readonly [string[], string[]] } | null {
  const peers = new Map<string, Set<string>>();
  for (const { from, to } of held) {
    peers.set(from, (peers.get(from) ?? new Set()).add(to));
    peers.set(to, (peers.get(to) ?? new Set()).add(from));
  }
  const largest = components(peers).reduce((a, b) => (b.length > a.length ? b : a), [] as string[]);
  const side = twoSides(largest, peers);
  const edges = held.filter(({ from, to }) => side.has(from) && side.has(to));
  const within = edges.filter(({ from, to }) => side.get(from) === side.get(to)).length;
  const groups = [0, 1].map((wanted) => largest.filter((node) => side.get(node) === wanted).sort());
  const [first, second] = groups as [string[], string[]];
  const parts = first.length > 1 && second.length > 1 && within <= MOST_WITHIN * edges.length;
  return parts ? { groups: [first, second] } : null;
}

function components(peers: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const seen = new Set<string>();
  return [...peers.keys()].flatMap((start) => {
    if (seen.has(start)) return [];
    seen.add(start);
    const component = [start];
    for (const node of component) {
      for (const peer of peers.get(node) ?? []) {
        if (seen.has(peer)) continue;
        seen.add(peer);
        component.push(peer);
      }
    }
    return [component];
  });
}

/**
 * Puts each node opposite to most of its peers, those with most peers first; again until nothing changes, as a stray
 * edge may have led the first round astray.
 */
function twoSides(nodes: readonly string[], peers: ReadonlyMap<string, ReadonlySet<string>>): Map<string, number> {
  const order = breadthFirst(nodes, peers);
  const side = new Map<string, number>();
  for (let round = 0; round < 4; round += 1) {
    for (const node of order) {
      let balance = 0;
      for (const peer of peers.get(node) ?? []) {
        const known = side.get(peer);
        if (known !== undefined) balance += known === 0 ? 1 : -1;
      }
      side.set(node, balance > 0 ? 1 : 0);
    }
  }
  return side;
}

function breadthFirst(nodes: readonly string[], peers: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const degree = (node: string): number => peers.get(node)?.size ?? 0;
  const start = nodes.reduce<string | undefined>(
    (a, b) => (a !== undefined && degree(a) >= degree(b) ? a : b),
    undefined,
  );
  const order = start === undefined ? [] : [start];
  const seen = new Set(order);
  for (const node of order) {
    for (const peer of peers.get(node) ?? []) {
      if (!seen.has(peer)) {
        seen.add(peer);
        order.push(peer);
      }
    }
  }
  return order;
}
