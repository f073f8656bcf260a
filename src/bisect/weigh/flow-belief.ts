import type { IncidentFlows } from '../evidence/incident-flows.js';
import type { CauseParts } from './cause-parts.js';
import type { IncidentScores } from './incident-scores.js';
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
  readonly #explained = new Map<CauseParts, Float64Array>();

  /** @param learntFrom incidents that are taken for those of one cause */
  constructor(
    private readonly incidents: readonly IncidentScores[],
    private readonly learntFrom: readonly number[],
  ) {}

  /**
   * How well a hypothesis explains an incident, given this.
   *
   * @param incident place of the scores among all
   * @param than no more than this need not be known: the result may be -Infinity
   */
  explain(parts: CauseParts, incident: number, scores: IncidentScores, than: number): number {
    let known = this.#explained.get(parts);
    if (known === undefined) {
      known = new Float64Array(this.incidents.length).fill(Number.NaN);
      this.#explained.set(parts, known);
    }
    const score = known[incident] as number;
    if (!Number.isNaN(score)) return score;
    let best = Number.NEGATIVE_INFINITY;
    let whole = true;
    for (const { logShare, byFlow, fixed } of parts.variants) {
      let sum = logShare + scores.fixed(fixed);
      for (let i = 0; i < byFlow.list.length; i += 1) {
        sum += this.#score(byFlow.list[i] as number, incident, scores);
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
      score = this.#scored(path, scores);
      known[incident] = score;
    }
    return score;
  }

  #scored(path: number, scores: IncidentScores): number {
    const { flows, begins, freshHeld, freshClean, mixed, seen } = scores.flows;
    if (seen[path] === 0) return 0;
    this.#tables[path] ??= this.#learn(path);
    const { held, passed, otherHeld, otherPassed } = this.#tables[path];
    const fresh = (freshHeld[path] as number) * otherHeld + (freshClean[path] as number) * otherPassed;
    let sum = fresh + (mixed[path] as number) * LOG_MIXED;
    const middle = begins[2 * path + 1] as number;
    const end = begins[2 * path + 2] as number;
    for (let i = begins[2 * path] as number; i < middle; i += 1) sum += held[flows[i] as number] ?? otherHeld;
    for (let i = middle; i < end; i += 1) sum += passed[flows[i] as number] ?? otherPassed;
    return withGlitch(sum, scores.number('any', path));
  }

  #learn(path: number): Table {
    const counts = new FlowCounts();
    for (const incident of this.learntFrom) counts.add((this.incidents[incident] as IncidentScores).flows, path);
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

  add({ flows, begins, freshHeld, freshClean }: IncidentFlows, path: number): void {
    const begin = begins[2 * path] as number;
    const middle = begins[2 * path + 1] as number;
    const end = begins[2 * path + 2] as number;
    for (let i = begin; i < middle; i += 1) {
      const flow = flows[i] as number;
      this.#count(flow);
      this.ofHeld[flow] = (this.ofHeld[flow] as number) + 1;
    }
    for (let i = middle; i < end; i += 1) this.#count(flows[i] as number);
    const fresh = freshHeld[path] as number;
    this.held += middle - begin + fresh;
    this.all += end - begin + fresh + (freshClean[path] as number);
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
