import { hasPorts, isRequest } from '../../model/protocol.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { IncidentFlows } from '../evidence/incident-flows.js';
import { isHit, type Observation, type PathObservation, stateOf } from '../evidence/observation.js';
import type { Topology } from '../paths/topology.js';
import { scoreBackground } from './background.js';
import { type CauseParts, mayHoldOf, type Places, partsOf, ROW_COUNT, ROWS, type WholeReach } from './cause-parts.js';
import { explainsParts, type PartsOfPath, requestPartsOf } from './part-likelihood.js';
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
  /** In which part requests waited. */
  readonly parts: readonly PartsOfPath[];
  /** Sums, by the number of the places. */
  readonly #fixed: (number | undefined)[] = [];
  readonly #byFlow: (number | undefined)[] = [];

  constructor(
    incident: Pick<Observation, 'kind' | 'paths' | 'heldBefore'>,
    readonly topology: Topology,
  ) {
    this.#heldBefore = incident.heldBefore;
    this.#hit = incident.paths.flatMap((seen, path) => (isHit(seen) ? [path] : []));
    this.background = scoreBackground(incident, (path) => isRequest(topology.paths[path]?.protocol ?? 'icmp'));
    this.flows = new IncidentFlows(incident.paths);
    this.parts = requestPartsOf(incident.paths);
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
      this.#numbers.set(scores.byQueues, ROW_COUNT * count + path * QUEUES.length);
    }
  }

  /** @param sums by path, to which what it is worth where a cause does that to all paths is added */
  addTo(sums: Float64Array, reach: WholeReach): void {
    const numbers = this.#numbers;
    const first = ROWS[reach] * this.states.length;
    for (let path = 0; path < sums.length; path += 1)
      sums[path] = (sums[path] as number) + (numbers[first + path] as number);
  }

  /** What it is worth on one path, 0 where that says nothing. */
  number(reach: WholeReach, path: number): number {
    return this.#numbers[ROWS[reach] * this.states.length + path] as number;
  }

  /** Of the paths that a variant does not hold by flow. */
  fixed({ number, list }: Places): number {
    let sum = this.#fixed[number];
    if (sum === undefined) {
      sum = 0;
      for (let i = 0; i < list.length; i += 1) sum += this.#numbers[list[i] as number] as number;
      this.#fixed[number] = sum;
    }
    return sum;
  }

  /** No belief about flows makes a hypothesis explain the incident better than this. */
  most({ variants }: CauseParts): number {
    let most = Number.NEGATIVE_INFINITY;
    for (const { logShare, fixed } of variants) most = Math.max(most, logShare + this.fixed(fixed));
    return most;
  }

  /**
   * Whether a hypothesis cannot have made it: nothing waited of what it can hold, or what waited did so before it was
   * sent, so that no later stage held it.
   */
  isNotOf(hypothesis: Hypothesis): boolean {
    return this.#isNotOf(hypothesis, mayHoldOf(hypothesis));
  }

  #isNotOf({ cause, machines }: Hypothesis, mayHold: Uint8Array): boolean {
    if (this.#heldBefore !== null && !(cause === 'sender' && machines[0] === this.#heldBefore)) return true;
    for (const path of this.#hit) if (mayHold[path] === 1) return false;
    return true;
  }

  /** How well a hypothesis explains the incident where nothing is known of the places of flows; -Infinity: it cannot. */
  unlearnt(hypothesis: Hypothesis, parts: CauseParts = partsOf(this.topology, hypothesis)): number {
    if (this.#isNotOf(hypothesis, parts.mayHold)) return Number.NEGATIVE_INFINITY;
    let score = Number.NEGATIVE_INFINITY;
    for (const { logShare, byFlow, fixed } of parts.variants) {
      const sum = logShare + this.fixed(fixed);
      score = Math.max(score, byFlow.list.length === 0 ? sum : sum + this.#mostByFlow(byFlow));
    }
    return score + explainsParts(hypothesis, this.parts);
  }

  /** Of paths that a queue holds its part of, at the number of queues that fits best. */
  #mostByFlow({ number, list }: Places): number {
    let most = this.#byFlow[number];
    if (most === undefined) {
      const first = ROW_COUNT * this.states.length;
      most = Number.NEGATIVE_INFINITY;
      for (let choice = 0; choice < QUEUES.length; choice += 1) {
        let sum = 0;
        for (let i = 0; i < list.length; i += 1)
          sum += this.#numbers[first + (list[i] as number) * QUEUES.length + choice] as number;
        most = Math.max(most, sum);
      }
      this.#byFlow[number] = most;
    }
    return most;
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
