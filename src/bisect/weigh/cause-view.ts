import type { Hypothesis } from '../causes/hypothesis.js';
import type { Topology } from '../paths/topology.js';
import type { Case } from './case.js';
import { type CauseParts, partsOf } from './cause-parts.js';
import type { FlowBelief } from './flow-belief.js';
import type { IncidentScores } from './incident-scores.js';

/** One cause before the incidents of a case, side by side: it is asked about each of them again and again. */
export class CauseView {
  readonly #parts: CauseParts;
  /** By incident; NaN where it was not asked for yet. */
  readonly #unlearnt: Float64Array;
  #most: Float64Array | undefined;

  constructor(
    private readonly hypothesis: Hypothesis,
    topology: Topology,
    private readonly scores: readonly IncidentScores[],
  ) {
    this.#parts = partsOf(topology, hypothesis);
    this.#unlearnt = new Float64Array(scores.length).fill(Number.NaN);
  }

  /** Whether it matters to it which flows wait. */
  get learns(): boolean {
    return this.#parts.anyByFlow;
  }

  /** How well it explains one where nothing is known of the places of flows; -Infinity where it cannot have made it. */
  unlearnt(incident: number): number {
    let score = this.#unlearnt[incident] as number;
    if (Number.isNaN(score)) {
      score = (this.scores[incident] as IncidentScores).unlearnt(this.hypothesis, this.#parts);
      this.#unlearnt[incident] = score;
    }
    return score;
  }

  /**
   * How well the cause explains one incident by itself, to decide which incidents are its own; -Infinity where it cannot
   * have made it.
   *
   * @param belief where it is known already which flows wait
   * @param than what explains it no better than this is not looked at closely: the result is -Infinity, or no more than it
   */
  explain(incident: number, belief: FlowBelief | null, than: number): number {
    const score = this.unlearnt(incident);
    if (belief === null || !this.#parts.anyByFlow || score === Number.NEGATIVE_INFINITY) return score;
    this.#most ??= new Float64Array(this.scores.length).fill(Number.NaN);
    let most = this.#most[incident] as number;
    if (Number.isNaN(most)) {
      most = (this.scores[incident] as IncidentScores).most(this.#parts);
      this.#most[incident] = most;
    }
    return most <= than
      ? Number.NEGATIVE_INFINITY
      : belief.explain(this.#parts, incident, this.scores[incident] as IncidentScores, than);
  }
}

const views = new WeakMap<Case, Map<Hypothesis, CauseView>>();

export function causeView(known: Case, hypothesis: Hypothesis): CauseView {
  const ofCase = views.get(known) ?? new Map<Hypothesis, CauseView>();
  views.set(known, ofCase);
  // What is known of a path does not change with what the hosts file might say of it.
  const { topology } = known.scores[0] ?? known;
  const view = ofCase.get(hypothesis) ?? new CauseView(hypothesis, topology, known.scores);
  ofCase.set(hypothesis, view);
  return view;
}
