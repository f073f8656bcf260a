import type { Hypothesis, Reach, Release, Variant } from '../causes/hypothesis.js';
import type { IncidentFlows } from '../evidence/incident-flows.js';
import type { Observation, PathObservation } from '../evidence/observation.js';
import { partedBy } from '../evidence/parted-flows.js';
import { type PathColumns, pathColumns } from '../evidence/path-columns.js';
import { labelQueues, oneQueue, type QueueLabels } from '../evidence/queue-labels.js';
import { tellingKinds } from '../evidence/telling-kinds.js';
import { type HashedCounts, hashedCounts } from '../paths/hashed-path.js';
import type { FlowProfiles } from '../paths/path-log.js';
import type { Case } from './case.js';
import { FlowBelief } from './flow-belief.js';
import { type IncidentScores, STATES } from './incident-scores.js';
import { logOfCounts } from './log-math.js';
import { type PartsOfPath, partsByPath } from './part-likelihood.js';
import { doubted, scoreDrawn, scoreSomeFlows, WRONG } from './path-likelihood.js';
import { scoreKinds, scoreOrder } from './signatures.js';

/** A hundred times less likely than that the path is another one. */
const LOG_CONTRADICTS = Math.log(WRONG / 100);

type Fixed = 'all' | 'none' | 'new';

/**
 * Some incidents of a case, taken for those of one cause, and what is the same of them whatever the cause is. Most
 * causes and pairs claim the same ones, so what they all ask is reckoned once.
 */
export class OwnIncidents {
  readonly belief: FlowBelief;
  #observations: readonly Observation[] | undefined;
  #scores: readonly IncidentScores[] | undefined;
  readonly #seen: (readonly PathObservation[] | undefined)[] = [];
  #unknown: Float64Array | undefined;
  readonly #some: (number | undefined)[] = [];
  readonly #drawn: (number | undefined)[] = [];
  readonly #parted: ('ttl' | 'time' | null | undefined)[] = [];
  readonly #sums: Record<Fixed, Float64Array | null> = { all: null, none: null, new: null };
  readonly #doubted: Record<Fixed, Float64Array | null> = { all: null, none: null, new: null };
  readonly #labelled = new Map<string, Labelled>();
  #parts: readonly PartsOfPath[] | undefined;
  #flows: readonly IncidentFlows[] | undefined;
  #telling: readonly Observation[] | undefined;
  #told: boolean | undefined;
  readonly #order = new Map<Release, number>();
  readonly #kinds = new Map<Hypothesis['kinds'], number>();

  constructor(
    private readonly known: Case,
    /** Ascending. */
    readonly indices: readonly number[],
  ) {
    this.belief = new FlowBelief(known.scores, indices);
  }

  get observations(): readonly Observation[] {
    this.#observations ??= this.indices.map((incident) => this.known.incidents[incident] as Observation);
    return this.#observations;
  }

  /** Their scores, side by side with them. */
  get scores(): readonly IncidentScores[] {
    this.#scores ??= this.indices.map((incident) => this.known.scores[incident] as IncidentScores);
    return this.#scores;
  }

  /** What all incidents of the case show of a path. */
  columns(path: number): PathColumns {
    return pathColumns(this.known.scores, path);
  }

  /** Whether a machine told anything of one of them. */
  get told(): boolean {
    this.#told ??= this.observations.some(({ local, traced }) => local.length > 0 || traced.length > 0);
    return this.#told;
  }

  order(release: Release): number {
    let score = this.#order.get(release);
    if (score === undefined) {
      score = scoreOrder(release, this.observations);
      this.#order.set(release, score);
    }
    return score;
  }

  kinds(kinds: Hypothesis['kinds']): number {
    let score = this.#kinds.get(kinds);
    if (score === undefined) {
      score = scoreKinds(kinds, this.telling);
      this.#kinds.set(kinds, score);
    }
    return score;
  }

  /** In which part requests waited. */
  get parts(): readonly PartsOfPath[] {
    this.#parts ??= partsByPath(this.scores);
    return this.#parts;
  }

  /** Those that count for the kind. */
  get telling(): readonly Observation[] {
    this.#telling ??= tellingKinds(this.observations);
    return this.#telling;
  }

  seen(path: number): readonly PathObservation[] {
    let seen = this.#seen[path];
    if (seen === undefined) {
      const found: PathObservation[] = [];
      for (const { paths } of this.observations) {
        const one = paths[path];
        if (one) found.push(one);
      }
      this.#seen[path] = seen = found;
    }
    return seen;
  }

  /** The path does as it likes. */
  unknown(path: number): number {
    this.#unknown ??= this.#unknowns();
    return this.#unknown[path] as number;
  }

  /** Some of its flows come by a place that the path does not name. */
  some(path: number): number {
    this.#some[path] ??=
      this.seen(path).length === 0 ? 0 : scoreSomeFlows(this.seen(path), this.#sum('none')[path] as number);
    return this.#some[path];
  }

  /** Each of its probes waits by chance. */
  drawn(path: number): number {
    this.#drawn[path] ??= this.seen(path).length === 0 ? 0 : doubted(scoreDrawn(this.seen(path)), this.unknown(path));
    return this.#drawn[path];
  }

  /** The path where a cause holds all, none or the new of its packets, with the chance that it is another path. */
  score(path: number, reach: Fixed): number {
    this.#doubted[reach] ??= this.#doubtedSum(reach);
    return this.#doubted[reach][path] as number;
  }

  /** Whether the path speaks against a cause by so much that only another path than the hosts file says explains it. */
  contradicts(path: number, reach: Reach): boolean {
    if (reach !== 'all' && reach !== 'none' && reach !== 'new') return false;
    return (this.#sum(reach)[path] as number) < this.unknown(path) + LOG_CONTRADICTS;
  }

  partedBy(path: number): 'ttl' | 'time' | null {
    this.#parted[path] ??= partedBy(this.known.profiles[path] as FlowProfiles, this.observations, path);
    return this.#parted[path];
  }

  /** What waited and what passed in each. */
  get flows(): readonly IncidentFlows[] {
    this.#flows ??= this.scores.map(({ flows }) => flows);
    return this.#flows;
  }

  /** Counts by queue, where the same queue waited every time. */
  get together(): Labelled {
    return this.#labels('', () => oneQueue(this.observations.length));
  }

  /** The same where what waited on the paths that a variant holds by flow tells queues apart. */
  apart({ reach }: Pick<Variant, 'reach'>): Labelled {
    const hashed = reach.map((one) => one === 'by-flow');
    return this.#labels(hashed.map(Number).join(''), () => labelQueues(this.flows, hashed));
  }

  /** As {@link scoreUnknownPath} has it, of all paths at once. */
  #unknowns(): Float64Array {
    const paths = this.known.topology.paths.length;
    const counts = new Uint32Array(paths * (STATES.partial + 1));
    const glitches = new Float64Array(paths);
    for (const scores of this.scores) {
      const { states } = scores;
      for (let path = 0; path < paths; path += 1) {
        const state = states[path] as number;
        const at = path * (STATES.partial + 1) + state;
        counts[at] = (counts[at] as number) + 1;
        if (state === STATES.partial) glitches[path] = (glitches[path] as number) + scores.number('any', path);
      }
    }
    return glitches.map((glitch, path) => {
      const [, hit = 0, clean = 0, partial = 0] = counts.subarray(path * (STATES.partial + 1));
      return hit + clean + partial === 0 ? 0 : glitch + logOfCounts([hit, clean, partial]);
    });
  }

  #labels(key: string, make: () => QueueLabels): Labelled {
    let labelled = this.#labelled.get(key);
    if (labelled === undefined) {
      labelled = new Labelled(this, make());
      this.#labelled.set(key, labelled);
    }
    return labelled;
  }

  #sum(reach: Fixed): Float64Array {
    let sums = this.#sums[reach];
    if (sums === null) {
      sums = new Float64Array(this.known.topology.paths.length);
      for (const scores of this.scores) scores.addTo(sums, reach);
      this.#sums[reach] = sums;
    }
    return sums;
  }

  #doubtedSum(reach: Fixed): Float64Array {
    // What a path saw nothing of is worth nothing either way.
    return this.#sum(reach).map((sum, path) => doubted(sum, this.unknown(path)));
  }
}

/** Incidents with the queue that each is taken to be of. */
export class Labelled {
  readonly #counts = new Map<number, HashedCounts | null>();

  constructor(
    private readonly own: OwnIncidents,
    private readonly labels: QueueLabels,
  ) {}

  get count(): number {
    return this.labels.count;
  }

  /** What a path shows of the queues; null where it saw none of the incidents. */
  counts(path: number): HashedCounts | null {
    let counts = this.#counts.get(path);
    if (counts === undefined) {
      counts = hashedCounts(this.own.columns(path), this.own.indices, this.labels, this.own.unknown(path));
      this.#counts.set(path, counts);
    }
    return counts;
  }
}

/** By the scores of a case: what is asked of incidents is the same whatever the hosts file says of the paths. */
const remembered = new WeakMap<Case['scores'], Map<string, OwnIncidents>>();

/** @param indices ascending */
export function ownIncidents(known: Case, indices: readonly number[]): OwnIncidents {
  const ofCase = remembered.get(known.scores) ?? new Map<string, OwnIncidents>();
  remembered.set(known.scores, ofCase);
  const key = String.fromCharCode(...indices);
  const own = ofCase.get(key) ?? new OwnIncidents(known, indices);
  ofCase.set(key, own);
  return own;
}
