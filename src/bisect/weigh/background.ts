import { isHit, isLittleLoss, type Observation, type PathObservation } from '../evidence/observation.js';
import { logChoose } from './log-math.js';

/** Of incidents without a cause: a single delayed probe or two lost ones, more on one path. */
const SINGLE_PROBE = 0.8;
const LITTLE_LOSS = 0.8;
const ONE_PATH = 0.12;
/** Packets of requests for each packet of a path beside them: a tenth of the rate, and a few of each. */
const SPARSE = 0.3;
/**
 * An incident of no shape at all, two stalls taken for one or congestion taken for stalls: of this share of the flows
 * hit some probes waited and others passed, which nothing does that holds packets.
 */
const SHAPELESS_MIXED = 0.2;
const SHAPELESS = -12;
/** What befalls a path by itself holds all of its flows so often; else any number of them, and whichever. */
const WHOLE_PATH = 0.4;
/** Each further path that is hit at the same instant by coincidence. */
const FURTHER_PATH = 0.03;

/** Occurrences a second between which a rate may lie, all orders of magnitude being equally likely. */
export interface RateRange {
  readonly least: number;
  readonly most: number;
}

/** Incidents that mean nothing, and incidents of a fault: less than one a minute nobody would look for. */
export const BACKGROUND_RATE: RateRange = { least: 1 / 1_000, most: 1 };
export const FAULT_RATE: RateRange = { least: 1 / 60, most: 3 };

/** How likely the pattern of an incident is when it has no cause that lasts: a slow probe, a lone hiccup. */
export function scoreBackground(
  incident: Pick<Observation, 'kind' | 'paths'>,
  isRequestPath: (path: number) => boolean = () => false,
): number {
  const { paths } = incident;
  const hit = paths.filter(isHit);
  const watched = paths.filter((path) => path !== null);
  const units = watched.reduce((sum, path) => sum + unitsOf(path), 0);
  const probes = hit.reduce((sum, path) => sum + path.heldProbes, 0);
  const further = Math.max(0, hit.length - 1) * Math.log(FURTHER_PATH);
  if (hit.length <= 1 && probes <= 1) {
    return Math.log(SINGLE_PROBE / Math.max(1, units));
  }
  if (isLittleLoss(incident)) {
    // It strikes any packet: those of requests, which are few, as seldom as they are.
    const requests = hit.every((seen) => isRequestPath(paths.indexOf(seen)));
    return Math.log(LITTLE_LOSS) + further + (requests ? Math.log(SPARSE / watched.length) : 0);
  }
  const patterns = hit.reduce((sum, path) => {
    const [held, units] = [path.hit.length + path.mixed + path.freshHeld, unitsOf(path)];
    return sum + (held === units ? Math.log(WHOLE_PATH) : someOf(held, units));
  }, 0);
  const score = Math.log(ONE_PATH / watched.length) + patterns + further;
  const mixed = hit.reduce((sum, path) => sum + path.mixed, 0);
  const held = hit.reduce((sum, path) => sum + path.hit.length + path.freshHeld, 0);
  return mixed >= SHAPELESS_MIXED * (mixed + held) ? Math.max(SHAPELESS, score) : score;
}

function someOf(held: number, units: number): number {
  return Math.log1p(-WHOLE_PATH) - Math.log(units) - logChoose(units, held);
}

function unitsOf(path: PathObservation): number {
  return path.hit.length + path.clean.length + path.mixed + path.freshHeld + path.freshClean;
}

const STEPS = 24;

/** By number of incidents, for the time that was asked about last: all accounts of one weighing ask about the same. */
const rates = new WeakMap<RateRange, { readonly seconds: number; readonly byCount: (number | undefined)[] }>();

/**
 * log of the density of `count` incidents in `seconds`, integrated over a log-uniform rate.
 * Instants are left out, as they are the same for all causes.
 */
export function scoreRate(count: number, seconds: number, range: RateRange): number {
  let known = rates.get(range);
  if (known?.seconds !== seconds) {
    known = { seconds, byCount: [] };
    rates.set(range, known);
  }
  known.byCount[count] ??= densityOf(count, seconds, range);
  return known.byCount[count];
}

function densityOf(count: number, seconds: number, { least, most }: RateRange): number {
  const width = Math.log(most / least) / STEPS;
  let sum = 0;
  const scale = count > 0 ? count * Math.log(Math.max(count / seconds, least)) - count : 0;
  for (let i = 0; i < STEPS; i += 1) {
    const rate = least * Math.exp((i + 0.5) * width);
    sum += Math.exp(count * Math.log(rate) - rate * seconds - scale) / STEPS;
  }
  return scale + Math.log(Math.max(sum, 1e-300));
}
