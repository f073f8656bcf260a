import type { Hypothesis } from '../causes/hypothesis.js';
import type { Observation, PathObservation } from '../evidence/observation.js';
import { type IncidentScores, partsOf } from './incident-scores.js';
import { MIXED, withGlitch } from './path-likelihood.js';

const LOG_MIXED = Math.log(MIXED);
const LEAST_SHARE = 0.005;
const MOST_SHARE = 0.97;
/** The log of a chance of 1 may come out above 0 by so much, over all paths. */
const ROUNDING = 1e-6;

/** By flow of one path, the log of the chances that it waits, and that it passes. */
interface Table {
  readonly held: Float64Array;
  readonly passed: Float64Array;
  /** Of flows beyond those, which were never seen, and of new ports. */
  readonly otherHeld: number;
  readonly otherPassed: number;
}

/** How often each flow of each path waits, as some incidents show it, drawn a little towards the share of its path. */
export class FlowBelief {
  readonly #tables: (Table | undefined)[] = [];
  /** By path, then by incident: how well it fits. */
  readonly #onPath: (Float64Array | undefined)[] = [];
  readonly #explained = new Map<Hypothesis, Float64Array>();

  /** @param learntFrom incidents that are taken for those of one cause */
  constructor(
    private readonly incidents: readonly Observation[],
    private readonly learntFrom: readonly number[],
  ) {}

  /**
   * How well a hypothesis explains an incident, given this.
   *
   * @param than no more than this need not be known: the result may be -Infinity
   */
  explain(hypothesis: Hypothesis, incident: number, scores: IncidentScores, than: number): number {
    let known = this.#explained.get(hypothesis);
    if (known === undefined) {
      known = new Float64Array(this.incidents.length).fill(Number.NaN);
      this.#explained.set(hypothesis, known);
    }
    const score = known[incident] as number;
    if (!Number.isNaN(score)) return score;
    let best = Number.NEGATIVE_INFINITY;
    let whole = true;
    for (const variant of hypothesis.variants) {
      const { logShare, byFlow } = partsOf(variant);
      let sum = logShare + scores.fixed(variant);
      for (const path of byFlow) {
        sum += this.#score(path, incident, scores);
        // What a path says is never in favour of a cause: the rest makes it no better.
        if (sum < than - ROUNDING) {
          whole = false;
          sum = Number.NEGATIVE_INFINITY;
          break;
        }
      }
      if (sum > best) best = sum;
    }
    if (whole || best > than) known[incident] = best;
    return best;
  }

  #score(path: number, incident: number, scores: IncidentScores): number {
    let known = this.#onPath[path];
    if (known === undefined) {
      known = new Float64Array(this.incidents.length).fill(Number.NaN);
      this.#onPath[path] = known;
    }
    let score = known[incident] as number;
    if (Number.isNaN(score)) {
      score = this.#scored(path, incident, scores.number('any', path));
      known[incident] = score;
    }
    return score;
  }

  #scored(path: number, incident: number, glitch: number): number {
    const seen = this.incidents[incident]?.paths[path];
    if (!seen) return 0;
    this.#tables[path] ??= this.#learn(path);
    const { held, passed, otherHeld, otherPassed } = this.#tables[path];
    let sum = seen.freshHeld * otherHeld + seen.freshClean * otherPassed + seen.mixed * LOG_MIXED;
    for (const flow of seen.hit) sum += held[flow] ?? otherHeld;
    for (const flow of seen.clean) sum += passed[flow] ?? otherPassed;
    return withGlitch(sum, glitch);
  }

  #learn(path: number): Table {
    const counts = new FlowCounts();
    for (const incident of this.learntFrom) counts.add(this.incidents[incident]?.paths[path]);
    const share = (counts.held + 0.25) / (counts.all + 1);
    const waits = (held: number, all: number): number =>
      Math.min(MOST_SHARE, Math.max(LEAST_SHARE, (held + share) / (all + 1)));
    const other = waits(0, 0);
    const flows = counts.flows;
    const table = {
      held: new Float64Array(flows),
      passed: new Float64Array(flows),
      otherHeld: Math.log(other),
      otherPassed: Math.log1p(-other),
    };
    for (let flow = 0; flow < flows; flow += 1) {
      const chance = waits(counts.ofHeld[flow] as number, counts.ofAll[flow] as number);
      table.held[flow] = Math.log(chance);
      table.passed[flow] = Math.log1p(-chance);
    }
    return table;
  }
}

/** How often the flows of one path waited, and were seen at all. */
class FlowCounts {
  ofHeld = new Float64Array(16);
  ofAll = new Float64Array(16);
  /** The highest flow and one. */
  flows = 0;
  /** Of all flows and new ports together. */
  held = 0;
  all = 0;

  add(seen: PathObservation | null | undefined): void {
    if (!seen) return;
    for (const flow of seen.hit) {
      this.#count(flow);
      this.ofHeld[flow] = (this.ofHeld[flow] as number) + 1;
    }
    for (const flow of seen.clean) this.#count(flow);
    this.held += seen.hit.length + seen.freshHeld;
    this.all += seen.hit.length + seen.clean.length + seen.freshHeld + seen.freshClean;
  }

  #count(flow: number): void {
    if (flow >= this.flows) {
      this.flows = flow + 1;
      if (flow >= this.ofAll.length) this.#grow(2 * flow);
    }
    this.ofAll[flow] = (this.ofAll[flow] as number) + 1;
  }

  #grow(flows: number): void {
    const [held, all] = [this.ofHeld, this.ofAll];
    this.ofHeld = new Float64Array(flows);
    this.ofHeld.set(held);
    this.ofAll = new Float64Array(flows);
    this.ofAll.set(all);
  }
}
