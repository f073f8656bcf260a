import type { Hypothesis, Reach, Variant } from '../causes/hypothesis.js';
import type { Topology } from '../paths/topology.js';

/** What a cause can do to a path as a whole. */
export type WholeReach = Exclude<Reach, 'by-flow' | 'some'>;

/**
 * The numbers of an incident stand side by side: those of all paths for one reach, then those for the next, then, where
 * a queue holds its part of the flows, those for each number of queues, path by path.
 */
export const ROWS: Readonly<Record<WholeReach, number>> = { all: 0, none: 1, new: 2, drawn: 3, any: 4 };
export const ROW_COUNT = Object.keys(ROWS).length;

/** Places that variants of several causes have in common: what is summed up over them is remembered by number. */
export interface Places {
  readonly number: number;
  readonly list: Uint32Array;
}

/** A variant, sorted by what it takes to score it. */
export interface VariantParts {
  readonly logShare: number;
  /** Paths that it holds by flow. */
  readonly byFlow: Places;
  /** All others, each with what it does to it: where that stands in the numbers of an incident. */
  readonly fixed: Places;
}

export interface CauseParts {
  readonly variants: readonly VariantParts[];
  /** Whether any of them holds something by flow. */
  readonly anyByFlow: boolean;
  readonly mayHold: Uint8Array;
}

const mayHold = new WeakMap<Hypothesis, Uint8Array>();

/** By path, whether a hypothesis may hold something on it, in whatever way it shows. */
export function mayHoldOf(hypothesis: Hypothesis): Uint8Array {
  let paths = mayHold.get(hypothesis);
  if (paths === undefined) {
    const { variants } = hypothesis;
    const count = variants[0]?.reach.length ?? 0;
    paths = Uint8Array.from({ length: count }, (_, path) =>
      Number(variants.some(({ reach }) => reach[path] !== 'none')),
    );
    mayHold.set(hypothesis, paths);
  }
  return paths;
}

/** The causes that were weighed over one set of paths. */
class PartsOfCauses {
  readonly #causes = new WeakMap<Hypothesis, CauseParts>();
  readonly #places = new Map<string, Places>();

  of(hypothesis: Hypothesis): CauseParts {
    let parts = this.#causes.get(hypothesis);
    if (parts === undefined) {
      const variants = hypothesis.variants.map((variant) => this.#variant(variant));
      const anyByFlow = variants.some(({ byFlow }) => byFlow.list.length > 0);
      parts = { variants, anyByFlow, mayHold: mayHoldOf(hypothesis) };
      this.#causes.set(hypothesis, parts);
    }
    return parts;
  }

  #variant({ share, reach }: Variant): VariantParts {
    const byFlow: number[] = [];
    const fixed: number[] = [];
    for (const [path, one] of reach.entries()) {
      if (one === 'by-flow' || one === 'some') byFlow.push(path);
      else fixed.push(ROWS[one] * reach.length + path);
    }
    return { logShare: Math.log(share), byFlow: this.#numbered(byFlow), fixed: this.#numbered(fixed) };
  }

  #numbered(list: readonly number[]): Places {
    const key = list.join();
    const places = this.#places.get(key) ?? { number: this.#places.size, list: Uint32Array.from(list) };
    this.#places.set(key, places);
    return places;
  }
}

const ofTopologies = new WeakMap<Topology, PartsOfCauses>();

export function partsOf(topology: Topology, hypothesis: Hypothesis): CauseParts {
  const causes = ofTopologies.get(topology) ?? new PartsOfCauses();
  ofTopologies.set(topology, causes);
  return causes.of(hypothesis);
}
