import { type PathColumns, pathColumns } from '../evidence/path-columns.js';
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
  readonly columns: PathColumns;
  readonly held: readonly number[];
  readonly passed: readonly number[];
  /** Of new ports. */
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
        sum += this.#score(byFlow.list[i] as number, incident);
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
    this.#tables[path] ??= this.#learn(pathColumns(this.incidents, path));
    const { columns, held, passed, otherHeld, otherPassed } = this.#tables[path];
    const { flows, begins, freshHeld, freshClean, mixed, seen, any } = columns;
    if (seen[incident] === 0) return 0;
    const fresh = (freshHeld[incident] as number) * otherHeld + (freshClean[incident] as number) * otherPassed;
    let sum = fresh + (mixed[incident] as number) * LOG_MIXED;
    const middle = begins[2 * incident + 1] as number;
    const end = begins[2 * incident + 2] as number;
    for (let i = begins[2 * incident] as number; i < middle; i += 1) sum += held[flows[i] as number] as number;
    for (let i = middle; i < end; i += 1) sum += passed[flows[i] as number] as number;
    return withGlitch(sum, any[incident] as number);
  }

  #learn(columns: PathColumns): Table {
    const { flows, begins, freshHeld, freshClean, flowCount } = columns;
    const ofHeld = new Array<number>(flowCount).fill(0);
    const ofAll = new Array<number>(flowCount).fill(0);
    // Of all flows and new ports together.
    let [heldCount, allCount] = [0, 0];
    for (const incident of this.learntFrom) {
      const begin = begins[2 * incident] as number;
      const middle = begins[2 * incident + 1] as number;
      const end = begins[2 * incident + 2] as number;
      for (let i = begin; i < end; i += 1) {
        const flow = flows[i] as number;
        ofAll[flow] = (ofAll[flow] as number) + 1;
        if (i < middle) ofHeld[flow] = (ofHeld[flow] as number) + 1;
      }
      const fresh = freshHeld[incident] as number;
      heldCount += middle - begin + fresh;
      allCount += end - begin + fresh + (freshClean[incident] as number);
    }
    const share = (heldCount + 0.25) / (allCount + 1);
    const waits = (held: number, all: number): number =>
      Math.min(MOST_SHARE, Math.max(LEAST_SHARE, (held + share) / (all + 1)));
    const other = waits(0, 0);
    const chances = ofHeld.map((held, flow) => waits(held, ofAll[flow] as number));
    return {
      columns,
      held: chances.map((chance) => Math.log(chance)),
      passed: chances.map((chance) => Math.log1p(-chance)),
      otherHeld: Math.log(other),
      otherPassed: Math.log1p(-other),
    };
  }
}
