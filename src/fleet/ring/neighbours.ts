import { HashRing, placeOf } from './hash-ring.js';

/** What the rings are made of. */
export interface RingMember {
  readonly name: string;
  readonly zone?: string | undefined;
}

export interface RingShape {
  /** Neighbours of each node. */
  readonly neighbours: number;
  /** How many of them in the node's own zone, where zones are known. */
  readonly sameZone: number;
}

/**
 * Whom each node probes. Without zones half of the neighbours are the successors on each of two independent rings over
 * all nodes, so that neighbourhoods overlap little. Where there are zones, `sameZone` of them come from two rings over
 * the node's own zone and the rest from two rings over all nodes: to skip the own zone there would leave the nodes of a
 * large zone with almost nobody who probes them and those of a small one with nearly all. So as many of the rest cross
 * zones as the other zones have of all nodes.
 *
 * Each node is probed by as many as it probes, give or take two, as what both rings name counts once and the next is
 * taken; a node that comes or goes changes at most twice `neighbours` paths of others. Only in a zone of no more than
 * `sameZone` nodes each is probed by fewer: by all others of its zone and by those that the rest of the paths bring.
 */
export class Neighbours {
  readonly #members: ReadonlyMap<string, RingMember>;
  readonly #all: readonly [HashRing, HashRing];
  readonly #zones = new Map<string, readonly [HashRing, HashRing]>();
  #probers: Map<string, string[]> | undefined;

  constructor(
    members: readonly RingMember[],
    private readonly shape: RingShape,
  ) {
    this.#members = new Map(members.map((member) => [member.name, member]));
    const names = [...this.#members.keys()];
    this.#all = rings('all', names);
    const zones = new Map<string, string[]>();
    for (const { name, zone } of this.#members.values()) {
      if (zone !== undefined) zones.set(zone, [...(zones.get(zone) ?? []), name]);
    }
    if (zones.size > 1) for (const [zone, inZone] of zones) this.#zones.set(zone, rings(`zone ${zone}`, inZone));
  }

  /** Names of the nodes that `name` probes, nearest first; min(neighbours, all others) of them. */
  probedBy(name: string): string[] {
    const { neighbours, sameZone } = this.shape;
    const chosen = new Set<string>();
    const zone = this.#zones.get(this.#members.get(name)?.zone ?? '');
    if (zone !== undefined) take(zone, name, chosen, Math.min(sameZone, neighbours));
    take(this.#all, name, chosen, neighbours);
    return [...chosen];
  }

  /** Names of the nodes that probe `name`. */
  probersOf(name: string): string[] {
    this.#probers ??= this.#turnedRound();
    return this.#probers.get(name) ?? [];
  }

  /** The two probers of `name` that look closer when it is suspected: the highest by a hash of the pair. */
  leadersOf(name: string): string[] {
    return this.probersOf(name)
      .map((prober) => ({ prober, place: placeOf(`leader ${name}`, prober) }))
      .sort((one, other) => other.place - one.place)
      .slice(0, 2)
      .map(({ prober }) => prober);
  }

  #turnedRound(): Map<string, string[]> {
    const probers = new Map<string, string[]>();
    for (const name of [...this.#members.keys()].sort()) {
      for (const to of this.probedBy(name)) {
        const known = probers.get(to);
        if (known === undefined) probers.set(to, [name]);
        else known.push(name);
      }
    }
    return probers;
  }
}

function rings(name: string, names: readonly string[]): [HashRing, HashRing] {
  return [new HashRing(`${name} 1`, names), new HashRing(`${name} 2`, names)];
}

/** Fills `chosen` up to `most`: half of what is missing from the first ring, then from the second, then what is left. */
function take(from: readonly [HashRing, HashRing], name: string, chosen: Set<string>, most: number): void {
  const half = chosen.size + Math.ceil((most - chosen.size) / 2);
  for (const [ring, until] of [
    [from[0], half],
    [from[1], most],
    [from[0], most],
  ] as const) {
    if (chosen.size >= until) continue;
    for (const next of ring.successors(name)) {
      if (chosen.size >= until) break;
      chosen.add(next);
    }
  }
}
