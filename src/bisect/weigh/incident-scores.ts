import { hasPorts, isRequest } from '../../model/protocol.js';
import type { Hypothesis, Reach, Variant } from '../causes/hypothesis.js';
import { IncidentFlows } from '../evidence/incident-flows.js';
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
  /** One of {@link STATES}. */
  readonly state: number;
  /** Where a queue holds its part of the flows and nothing is known of their places: by number of queues. */
  readonly byQueues: readonly number[];
}

/** A variant, sorted by what it takes to score it. */
export interface VariantParts {
  readonly logShare: number;
  /** Paths that it holds by flow. */
  readonly byFlow: readonly number[];
  /** All others, each with what it does to it: where that stands in the numbers of an incident. */
  readonly fixed: readonly number[];
}

/** What a cause can do to a path as a whole. */
type WholeReach = Exclude<Reach, 'by-flow' | 'some'>;

/**
 * The numbers of an incident stand side by side: those of all paths for one reach, then those for the next, then those
 * for each number of queues where a queue holds its part of the flows.
 */
const ROWS: Readonly<Record<WholeReach, number>> = { all: 0, none: 1, new: 2, drawn: 3, any: 4 };
const ROW_COUNT = Object.keys(ROWS).length;

const parts = new WeakMap<Variant, VariantParts>();
const mayHold = new WeakMap<Hypothesis, Uint8Array>();

/** By path, whether a hypothesis may hold something on it, in whatever way it shows. */
function mayHoldOf(hypothesis: Hypothesis): Uint8Array {
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

export function partsOf(variant: Variant): VariantParts {
  const known = parts.get(variant);
  if (known !== undefined) return known;
  const byFlow: number[] = [];
  const fixed: number[] = [];
  const paths = variant.reach.length;
  for (const [path, reach] of variant.reach.entries()) {
    if (reach === 'by-flow' || reach === 'some') byFlow.push(path);
    else fixed.push(ROWS[reach] * paths + path);
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
  /** In {@link ROWS}, 0 where the path says nothing. */
  readonly #numbers: Float64Array;
  /** By path: nothing seen, all waited, none did, some did. */
  readonly states: Uint8Array;
  readonly flows: IncidentFlows;
  readonly #fixed = new Map<Variant, number>();
  readonly #unlearnt = new Map<Hypothesis, number>();
  readonly #most = new Map<Hypothesis, number>();

  constructor(
    incident: Pick<Observation, 'kind' | 'paths' | 'heldBefore'>,
    readonly topology: Topology,
  ) {
    this.#heldBefore = incident.heldBefore;
    this.#hit = incident.paths.flatMap((seen, path) => (isHit(seen) ? [path] : []));
    this.background = scoreBackground(incident, (path) => isRequest(topology.paths[path]?.protocol ?? 'icmp'));
    this.flows = new IncidentFlows(incident.paths);
    const count = incident.paths.length;
    this.#numbers = new Float64Array((ROW_COUNT + QUEUES.length) * count);
    this.states = new Uint8Array(count);
    for (const [path, seen] of incident.paths.entries()) {
      if (seen === null) continue;
      const scores = scoresOf(seen, hasPorts(topology.paths[path]?.protocol ?? 'icmp'));
      this.states[path] = scores.state;
      this.#numbers[ROWS.all * count + path] = scores.all;
      this.#numbers[ROWS.none * count + path] = scores.none;
      this.#numbers[ROWS.new * count + path] = scores.new;
      this.#numbers[ROWS.drawn * count + path] = scores.drawn;
      this.#numbers[ROWS.any * count + path] = scores.any;
      for (const [choice, score] of scores.byQueues.entries())
        this.#numbers[(ROW_COUNT + choice) * count + path] = score;
    }
  }

  /** By path, 0 where it says nothing. */
  row(reach: WholeReach): Float64Array {
    const paths = this.states.length;
    return this.#numbers.subarray(ROWS[reach] * paths, (ROWS[reach] + 1) * paths);
  }

  /** One of that row. */
  number(reach: WholeReach, path: number): number {
    return this.#numbers[ROWS[reach] * this.states.length + path] as number;
  }

  /** Of the paths that a variant does not hold by flow. */
  fixed(variant: Variant): number {
    let sum = this.#fixed.get(variant);
    if (sum === undefined) {
      sum = 0;
      for (const at of partsOf(variant).fixed) sum += this.#numbers[at] as number;
      this.#fixed.set(variant, sum);
    }
    return sum;
  }

  /** No belief about flows makes a hypothesis explain the incident better than this. */
  most(hypothesis: Hypothesis): number {
    let most = this.#most.get(hypothesis);
    if (most === undefined) {
      most = Number.NEGATIVE_INFINITY;
      for (const variant of hypothesis.variants) most = Math.max(most, partsOf(variant).logShare + this.fixed(variant));
      this.#most.set(hypothesis, most);
    }
    return most;
  }

  /**
   * Whether a hypothesis cannot have made it: nothing waited of what it can hold, or what waited did so before it was
   * sent, so that no later stage held it.
   */
  isNotOf(hypothesis: Hypothesis): boolean {
    const { cause, machines } = hypothesis;
    if (this.#heldBefore !== null && !(cause === 'sender' && machines[0] === this.#heldBefore)) return true;
    const paths = mayHoldOf(hypothesis);
    for (const path of this.#hit) if (paths[path] === 1) return false;
    return true;
  }

  /** How well a hypothesis explains the incident where nothing is known of the places of flows; -Infinity: it cannot. */
  unlearnt(hypothesis: Hypothesis): number {
    let score = this.#unlearnt.get(hypothesis);
    if (score === undefined) {
      score = Number.NEGATIVE_INFINITY;
      if (!this.isNotOf(hypothesis))
        for (const variant of hypothesis.variants) score = Math.max(score, this.#unlearntBy(variant));
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
      const row = (ROW_COUNT + choice) * this.states.length;
      let sum = 0;
      for (const path of byFlow) sum += this.#numbers[row + path] as number;
      most = Math.max(most, sum);
    }
    return fixed + most;
  }
}

/** Above, counts are not packed into one number. */
const MOST_PACKED = 1_024;
const MOST_REMEMBERED = 16_384;
const byCounts = new Map<number, ScoresOnPath>();

/** They depend on how many of its flows fared how, and not on which: of a run's paths and incidents few differ. */
function scoresOf(seen: PathObservation, hasPorts: boolean): ScoresOnPath {
  const { hit, clean, mixed, freshHeld, freshClean } = seen;
  if (Math.max(hit.length, clean.length, mixed, freshHeld, freshClean) >= MOST_PACKED) return scored(seen, hasPorts);
  const fixed = (hit.length * MOST_PACKED + clean.length) * MOST_PACKED + mixed;
  const key = ((fixed * MOST_PACKED + freshHeld) * MOST_PACKED + freshClean) * 2 + (hasPorts ? 1 : 0);
  let scores = byCounts.get(key);
  if (scores === undefined) {
    if (byCounts.size >= MOST_REMEMBERED) byCounts.clear();
    scores = scored(seen, hasPorts);
    byCounts.set(key, scores);
  }
  return scores;
}

function scored(seen: PathObservation, hasPorts: boolean): ScoresOnPath {
  const byPorts = hasPorts ? OFTEN_BY_PORTS : 0;
  const byQueues = QUEUES.map(([queues]) => scoreOnce(seen, queues, byPorts));
  return { ...scorePath(seen), state: STATES[stateOf(seen)], byQueues };
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
