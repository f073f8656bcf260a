import { createHash } from 'node:crypto';

/** A place on a ring: the first 52 bits of a hash, which numbers compare exactly. */
export function placeOf(ring: string, name: string): number {
  const digest = createHash('sha256').update(`${ring}\0${name}`).digest();
  return digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) >> 4);
}

/**
 * Names in the order of a hash that `ring` chooses. Each name has the same number of successors and predecessors, so
 * whoever probes its successors is probed by as many, whatever the number of names; one that comes or goes changes the
 * successors of its predecessors alone.
 */
export class HashRing {
  readonly #names: readonly string[];
  readonly #at: ReadonlyMap<string, number>;

  constructor(ring: string, names: readonly string[]) {
    const placed = names.map((name) => ({ name, place: placeOf(ring, name) }));
    placed.sort((one, other) => one.place - other.place || (one.name < other.name ? -1 : 1));
    this.#names = placed.map(({ name }) => name);
    this.#at = new Map(this.#names.map((name, index) => [name, index]));
  }

  /** All other names, the next one first; none where `name` is not on the ring. */
  *successors(name: string): Generator<string> {
    const at = this.#at.get(name);
    if (at === undefined) return;
    for (let step = 1; step < this.#names.length; step += 1) {
      yield this.#names[(at + step) % this.#names.length] as string;
    }
  }
}
