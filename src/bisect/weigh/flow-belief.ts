import type { Hypothesis } from '../causes/hypothesis.js';
import type { Observation } from '../evidence/observation.js';
import { type IncidentScores, partsOf } from './incident-scores.js';
import { MIXED, withGlitch } from './path-likelihood.js';

const LOG_MIXED = Math.log(MIXED);
const LEAST_SHARE = 0.005;
const MOST_SHARE = 0.97;

/** log of the chances that a flow waits, and that it passes. */
type Chances = readonly [held: number, passed: number];

interface Table {
  readonly flows: ReadonlyMap<number, Chances>;
  /** Of flows not seen before, and of new ports. */
  readonly other: Chances;
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

  /** How well a hypothesis explains an incident, given this. */
  explain(hypothesis: Hypothesis, incident: number, scores: IncidentScores): number {
    let known = this.#explained.get(hypothesis);
    if (known === undefined) {
      known = new Float64Array(this.incidents.length).fill(Number.NaN);
      this.#explained.set(hypothesis, known);
    }
    let score = known[incident] as number;
    if (Number.isNaN(score)) {
      score = Math.max(
        ...hypothesis.variants.map((variant) => {
          const { logShare, byFlow } = partsOf(variant);
          return byFlow.reduce((sum, path) => sum + this.#score(path, incident), logShare + scores.fixed(variant));
        }),
      );
      known[incident] = score;
    }
    return score;
  }

  #score(path: number, incident: number): number {
    let known = this.#onPath[path];
    if (known === undefined) {
      known = new Float64Array(this.incidents.length).fill(Number.NaN);
      this.#onPath[path] = known;
    }
    let score = known[incident] as number;
    if (Number.isNaN(score)) {
      score = this.#scored(path, incident);
      known[incident] = score;
    }
    return score;
  }

  #scored(path: number, incident: number): number {
    const seen = this.incidents[incident]?.paths[path];
    if (!seen) return 0;
    this.#tables[path] ??= this.#learn(path);
    const { flows, other } = this.#tables[path];
    let sum = seen.freshHeld * other[0] + seen.freshClean * other[1] + seen.mixed * LOG_MIXED;
    for (const flow of seen.hit) sum += (flows.get(flow) ?? other)[0];
    for (const flow of seen.clean) sum += (flows.get(flow) ?? other)[1];
    return withGlitch(sum, seen);
  }

  #learn(path: number): Table {
    const counts = new Map<number, { held: number; all: number }>();
    let [held, all] = [0, 0];
    const count = (flow: number, isHeld: number): void => {
      const known = counts.get(flow);
      if (known === undefined) counts.set(flow, { held: isHeld, all: 1 });
      else {
        known.held += isHeld;
        known.all += 1;
      }
      held += isHeld;
      all += 1;
    };
    for (const incident of this.learntFrom) {
      const seen = this.incidents[incident]?.paths[path];
      if (!seen) continue;
      for (const flow of seen.hit) count(flow, 1);
      for (const flow of seen.clean) count(flow, 0);
      held += seen.freshHeld;
      all += seen.freshHeld + seen.freshClean;
    }
    const share = (held + 0.25) / (all + 1);
    const chances = (count: { held: number; all: number }): Chances => {
      const waits = Math.min(MOST_SHARE, Math.max(LEAST_SHARE, (count.held + share) / (count.all + 1)));
      return [Math.log(waits), Math.log1p(-waits)];
    };
    return {
      flows: new Map([...counts].map(([flow, one]) => [flow, chances(one)])),
      other: chances({ held: 0, all: 0 }),
    };
  }
}
