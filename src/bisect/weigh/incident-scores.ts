import { hasPorts, isRequest } from '../../model/protocol.js';
import type { Hypothesis, Reach, Variant } from '../causes/hypothesis.js';
import { isHit, type Observation, type PathObservation, stateOf } from '../evidence/observation.js';
import type { Topology } from '../paths/topology.js';
import { scoreBackground } from './background.js';
import { type PathScores, scorePath } from './path-likelihood.js';
import { QUEUES } from './priors.js';
import { scoreOnce } from './queue-unit.js';

/** How often what has ports is taken to be hashed by them, in a single incident. */
const OFTEN_BY_PORTS = 0.8;

/** Numbers of the states of a path, from 1. */
export const STATES = { hit: 1, clean: 2, partial: 3 } as const;

interface ScoresOnPath extends PathScores {
  /** Where a queue holds its part of the flows and nothing is known of their places: by number of queues. */
  readonly byQueues: readonly number[];
}

/** A variant, sorted by what it takes to score it. */
export interface VariantParts {
  readonly logShare: number;
  /** Paths that it holds by flow. */
  readonly byFlow: readonly number[];
  /** All others, with what it does to them. */
  readonly fixed: readonly (readonly [path: number, reach: Exclude<Reach, 'by-flow' | 'some'>])[];
}

const parts = new WeakMap<Variant, VariantParts>();

export function partsOf(variant: Variant): VariantParts {
  const known = parts.get(variant);
  if (known !== undefined) return known;
  const byFlow: number[] = [];
  const fixed: [number, Exclude<Reach, 'by-flow' | 'some'>][] = [];
  for (const [path, reach] of variant.reach.entries()) {
    if (reach === 'by-flow' || reach === 'some') byFlow.push(path);
    else fixed.push([path, reach]);
  }
  const made = { logShare: Math.log(variant.share), byFlow, fixed };
  parts.set(variant, made);
  return made;
}

/**
 * What one incident is worth on each path, and under each hypothesis as long as nothing is believed of flows. It stays
 * the same from one weighing to the next, and is asked for again and again.
 */
export class IncidentScores {
  /** How likely it is without a cause that lasts. */
  readonly background: number;
  readonly #heldBefore: string | null;
  /** Indices of the paths on which something waited. */
  readonly #hit: readonly number[];
  readonly #paths: readonly (ScoresOnPath | null)[];
  /** The same numbers by reach, 0 where the path says nothing. */
  readonly #byReach: Readonly<Record<'all' | 'none' | 'new' | 'any', Float64Array>>;
  /** By path: nothing seen, all waited, none did, some did. */
  readonly states: Uint8Array;
  readonly #fixed = new WeakMap<Variant, number>();
  readonly #unlearnt = new Map<Hypothesis, number>();
  readonly #most = new Map<Hypothesis, number>();
  readonly #notOf = new Map<Hypothesis, boolean>();

  constructor(
    incident: Pick<Observation, 'kind' | 'paths' | 'heldBefore'>,
    readonly topology: Topology,
  ) {
    this.#heldBefore = incident.heldBefore;
    this.#hit = incident.paths.flatMap((seen, path) => (isHit(seen) ? [path] : []));
    this.background = scoreBackground(incident, (path) => isRequest(topology.paths[path]?.protocol ?? 'icmp'));
    this.#paths = incident.paths.map((seen, path) => {
      if (seen === null) return null;
      const byPorts = hasPorts(topology.paths[path]?.protocol ?? 'icmp') ? OFTEN_BY_PORTS : 0;
      return { ...scorePath(seen), byQueues: QUEUES.map(([queues]) => scoreOnce(seen, queues, byPorts)) };
    });
    const row = (of: (scores: ScoresOnPath) => number): Float64Array =>
      Float64Array.from(this.#paths, (scores) => (scores === null ? 0 : of(scores)));
    this.states = Uint8Array.from(incident.paths, (seen) => (seen === null ? 0 : STATES[stateOf(seen)]));
    this.#byReach = {
      all: row(({ all }) => all),
      none: row(({ none }) => none),
      new: row((scores) => scores.new),
      any: row(({ any }) => any),
    };
  }

  /** By path, 0 where it says nothing. */
  row(reach: 'all' | 'none' | 'new' | 'any'): Float64Array {
    return this.#byReach[reach];
  }

  /** Of the paths that a variant does not hold by flow. */
  fixed(variant: Variant): number {
    let sum = this.#fixed.get(variant);
    if (sum === undefined) {
      sum = 0;
      for (const [path, reach] of partsOf(variant).fixed) sum += this.#byReach[reach][path] as number;
      this.#fixed.set(variant, sum);
    }
    return sum;
  }

  /** No belief about flows makes a hypothesis explain the incident better than this. */
  most(hypothesis: Hypothesis): number {
    let most = this.#most.get(hypothesis);
    if (most === undefined) {
      most = Math.max(...hypothesis.variants.map((variant) => partsOf(variant).logShare + this.fixed(variant)));
      this.#most.set(hypothesis, most);
    }
    return most;
  }

  /**
   * Whether a hypothesis cannot have made it: nothing waited of what it can hold, or what waited did so before it was
   * sent, so that no later stage held it.
   */
  isNotOf(hypothesis: Hypothesis): boolean {
    let is = this.#notOf.get(hypothesis);
    if (is === undefined) {
      const { cause, machines, variants } = hypothesis;
      const later = this.#heldBefore !== null && !(cause === 'sender' && machines[0] === this.#heldBefore);
      is = later || !variants.some(({ reach }) => this.#hit.some((path) => reach[path] !== 'none'));
      this.#notOf.set(hypothesis, is);
    }
    return is;
  }

  /** How well a hypothesis explains the incident where nothing is known of the places of flows; -Infinity: it cannot. */
  unlearnt(hypothesis: Hypothesis): number {
    if (this.isNotOf(hypothesis)) return Number.NEGATIVE_INFINITY;
    let score = this.#unlearnt.get(hypothesis);
    if (score === undefined) {
      score = Math.max(...hypothesis.variants.map((variant) => this.#unlearntBy(variant)));
      this.#unlearnt.set(hypothesis, score);
    }
    return score;
  }

  #unlearntBy(variant: Variant): number {
    const { logShare, byFlow } = partsOf(variant);
    const fixed = logShare + this.fixed(variant);
    if (byFlow.length === 0) return fixed;
    let most = Number.NEGATIVE_INFINITY;
    for (let choice = 0; choice < QUEUES.length; choice += 1) {
      let sum = 0;
      for (const path of byFlow) sum += this.#paths[path]?.byQueues[choice] ?? 0;
      most = Math.max(most, sum);
    }
    return fixed + most;
  }
}

const remembered = new WeakMap<readonly (PathObservation | null)[], IncidentScores>();

/** The scores of an incident; local evidence that comes later does not change them. */
export function incidentScores(
  incident: Pick<Observation, 'kind' | 'paths' | 'heldBefore'>,
  topology: Topology,
): IncidentScores {
  const known = remembered.get(incident.paths);
  if (known !== undefined && known.topology === topology) return known;
  const made = new IncidentScores(incident, topology);
  remembered.set(incident.paths, made);
  return made;
}
