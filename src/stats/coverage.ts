/** How a path is probed. */
export interface Sweep {
  /** From one probe of the fixed flows to the next. */
  readonly intervalNs: number;
  /** Source ports visited in turn, at least 1. */
  readonly flows: number;
  /** Further probes a second, each from a port of its own. */
  readonly freshPerSecond: number;
}

/** What makes a stall of held probes: three of them, one of which waited for `stallNs`; or two, one for `slowNs`. */
export interface StallLevels {
  /** Wait from which on a probe counts as held. */
  readonly holdNs: number;
  readonly stallNs: number;
  readonly slowNs: number;
}

/** Phases of the grid against the start of a stall that are averaged over. */
const PHASES = 32;
/** The golden ratio spreads the phase of the fresh probes evenly against that of the fixed ones. */
const GOLDEN = 0.618_033_988_749_895;
const SECOND_NS = 1e9;
const MOST = 3;
const LEVELS = 3;

/** Probes of one flow that a stall holds, and how long the first of them waits: 0 short, 1 a stall, 2 slow. */
interface HeldFlow {
  readonly probes: number;
  readonly level: number;
}

/** Probability that at least one of some flows, hashed at random, crosses a given one of `queues` queues. */
export function chanceCrossed(flows: number, queues: number): number {
  return 1 - (1 - 1 / queues) ** flows;
}

/**
 * Probability that a stall of `lengthNs` of one of `queues` queues is found, over its phase and over the hash that
 * gives each flow a queue: enough of the probes sent meanwhile must cross that queue. With one queue it is the
 * probability for a stall of the whole host.
 */
export function chanceSeen(sweep: Sweep, levels: StallLevels, queues: number, lengthNs: number): number {
  return overPhases(sweep, levels, lengthNs, (held) => seenAmong(held, 1 / queues));
}

/** The same for a stall that holds just one of the fixed flows, whichever. */
export function chanceSeenOnOneFlow(sweep: Sweep, levels: StallLevels, lengthNs: number): number {
  const fixed = { ...sweep, freshPerSecond: 0 };
  return overPhases(fixed, levels, lengthNs, (held) => held.filter(isStall).length / sweep.flows);
}

/** Several paths, each judged for itself: found where one of them finds it. */
export function chanceOfAny(chances: readonly number[]): number {
  return 1 - chances.reduce((missed, chance) => missed * (1 - chance), 1);
}

/**
 * The shortest stall whose probability to be found reaches `wanted`, to 1 %.
 * @param chanceOf never falls with the length
 * @param longestNs where even a stall of this length does not reach it, the answer is null
 */
export function lengthSeenWith(
  wanted: number,
  chanceOf: (lengthNs: number) => number,
  longestNs: number,
): number | null {
  if (chanceOf(longestNs) < wanted) return null;
  let [short, long] = [0, longestNs];
  while (long - short > long / 100) {
    const middle = (short + long) / 2;
    if (chanceOf(middle) >= wanted) long = middle;
    else short = middle;
  }
  return Math.round(long);
}

function overPhases(
  sweep: Sweep,
  levels: StallLevels,
  lengthNs: number,
  chanceOf: (held: readonly HeldFlow[]) => number,
): number {
  let sum = 0;
  for (let i = 0; i < PHASES; i += 1) {
    const phase = (i + 0.5) / PHASES;
    sum += chanceOf([
      ...heldFixed(sweep, levels, lengthNs, phase),
      ...heldFresh(sweep, levels, lengthNs, (i * GOLDEN) % 1),
    ]);
  }
  return sum / PHASES;
}

function heldFixed({ intervalNs, flows }: Sweep, levels: StallLevels, lengthNs: number, phase: number): HeldFlow[] {
  const held: HeldFlow[] = [];
  const spacingNs = intervalNs * flows;
  for (let flow = 0; flow < flows; flow += 1) {
    const waitNs = lengthNs - (phase + flow) * intervalNs;
    if (waitNs < levels.holdNs) break;
    const probes = Math.min(MOST, 1 + Math.floor((waitNs - levels.holdNs) / spacingNs));
    held.push({ probes, level: levelOf(waitNs, levels) });
  }
  return held;
}

function heldFresh({ freshPerSecond }: Sweep, levels: StallLevels, lengthNs: number, phase: number): HeldFlow[] {
  if (freshPerSecond <= 0) return [];
  const held: HeldFlow[] = [];
  const everyNs = SECOND_NS / freshPerSecond;
  for (let waitNs = lengthNs - phase * everyNs; waitNs >= levels.holdNs; waitNs -= everyNs) {
    held.push({ probes: 1, level: levelOf(waitNs, levels) });
  }
  return held;
}

function levelOf(waitNs: number, { stallNs, slowNs }: StallLevels): number {
  if (waitNs < stallNs) return 0;
  return waitNs < Math.max(stallNs, slowNs) ? 1 : 2;
}

function isStall({ probes, level }: HeldFlow): boolean {
  return probes >= MOST ? level >= 1 : probes === 2 && level === 2;
}

const STATES = (MOST + 1) * LEVELS;
/** By state, over and over: a bound on a length asks for it some hundred times. */
const chances = new Float64Array(STATES);

/** Probability that the flows that `share` puts on the queue make a stall together; state by state, flow by flow. */
function seenAmong(held: readonly HeldFlow[], share: number): number {
  chances.fill(0);
  chances[0] = 1;
  for (const flow of held) {
    // A flow leads to higher states only: from the highest down, none is met twice.
    for (let state = STATES - 1; state >= 0; state -= 1) {
      const chance = chances[state] as number;
      if (chance === 0) continue;
      const level = state % LEVELS;
      const probes = Math.min(MOST, (state - level) / LEVELS + flow.probes);
      const hit = probes * LEVELS + Math.max(level, flow.level);
      chances[state] = chance * (1 - share);
      chances[hit] = (chances[hit] as number) + chance * share;
    }
  }
  let seen = 0;
  for (let state = 0; state < STATES; state += 1) {
    const level = state % LEVELS;
    if (isStall({ probes: (state - level) / LEVELS, level })) seen += chances[state] as number;
  }
  return seen;
}
