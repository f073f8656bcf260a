import type { Hypothesis, Parts, Ways } from '../causes/hypothesis.js';
import { type CpuView, cpuView } from '../evidence/cpu-view.js';
import type { LocalEvidence } from '../evidence/local-evidence.js';
import type { Observation } from '../evidence/observation.js';
import { logMix, logOfRare, logSum } from './log-math.js';

/** The capture, or the trace, of a run may as well be wrong altogether. */
const UNTRUSTED = 0.01;
/**
 * A machine shows a wait over half of an incident that it has nothing to do with, once in so many: a busy one oftener, and
 * then one coincidence makes the next likelier.
 */
const BY_CHANCE = 10;
/** A CPU that serves the card misses its heartbeats over half of an incident: where the machine is at fault. */
const GAP_SEEN = 0.7;
/**
 * CPUs that go on beating acquit by this factor at most, however often: a beat of real-time priority runs while
 * ksoftirqd or a receive thread starves.
 */
const BEATS_ACQUIT = 1 / 3;
const BEATS_QUIET = 0.5;
/** Softirqs that ran out of their budget are a hint and no more. */
const SQUEEZED = Math.log(2);
/** Where the trace is not to be trusted: a wait is seen, or none. */
const NEUTRAL_SEEN = Math.log(0.3);
const NEUTRAL_NONE = Math.log(0.9);

/** What is asked of a hypothesis here. */
export type Local = Pick<Hypothesis, 'machines' | 'local'>;

/**
 * How likely what the CPUs of machines did is under a hypothesis. Waits for a CPU that coincide with incidents convict
 * the machine; a kernel that was asked and shows none acquits it, as far as it can see the kind of wait.
 *
 * @param watched machines whose CPUs and receive threads a helper watches
 */
export function scoreCpus(hypothesis: Local, incidents: readonly Observation[], watched: ReadonlySet<string>): number {
  let score = 0;
  for (const machine of new Set([...watched, ...incidents.flatMap(({ traced }) => traced)])) {
    score += scoreMachine(hypothesis, machine, incidents, watched.has(machine));
  }
  return score;
}

function scoreMachine(hypothesis: Local, machine: string, incidents: readonly Observation[], watched: boolean): number {
  const { waits, blind, blindByFlow } = hypothesis.local;
  const views = incidents.map((incident) => cpuView(incident, machine, watched));
  const count = (wanted: CpuView): number => views.filter((view) => view === wanted).length;
  const [waited, gap, none] = [count('waited'), count('gap'), count('no-wait')];
  const chance = logOfRare(waited + gap, none, BY_CHANCE);
  const quiet = count('beating') + count('squeezed');
  const squeezed = count('squeezed');
  const blamed = waits !== null && hypothesis.machines.length === 1 && hypothesis.machines[0] === machine;
  if (!blamed) {
    const neutral = (waited + gap) * NEUTRAL_SEEN + none * NEUTRAL_NONE;
    return waited + gap + none === 0 ? 0 : logMix(chance, UNTRUSTED, neutral);
  }
  const byFlow = incidents.some(({ paths }) =>
    paths.some((path) => path !== null && path.hit.length > 0 && path.clean.length > 0),
  );
  const score = waited * Math.log(waits) + gap * Math.log(GAP_SEEN) + none * Math.log(1 - waits);
  const trusted = waited + gap + none === 0 ? 0 : logMix(score, byFlow ? blindByFlow : blind, chance);
  const beats = quiet === 0 ? 0 : logMix(quiet * Math.log(BEATS_QUIET), BEATS_ACQUIT, 0);
  return trusted + beats + (squeezed > 0 ? SQUEEZED : 0);
}

/**
 * How likely the views of receivers are under it. What one machine saw of one incident counts once, however many paths
 * it saw it on: they waited in the same place.
 */
export function scoreArrivals(hypothesis: Local, incidents: readonly Observation[]): number {
  let count = 0;
  const seen = new Map<string, Where[][]>();
  for (const { local } of incidents) {
    const byMachine = new Map<string, Where[]>();
    for (const piece of local) {
      if (piece.kind !== 'arrivals') continue;
      byMachine.set(piece.machine, [...(byMachine.get(piece.machine) ?? []), piece.where]);
    }
    for (const [machine, wheres] of byMachine) {
      seen.set(machine, [...(seen.get(machine) ?? []), wheres]);
      count += 1;
    }
  }
  const all = [...seen];
  // A fault of one machine keeps to one way for all who look at it; between two the ends see opposite legs.
  const score =
    hypothesis.machines.length === 1
      ? scoreTogether(hypothesis, all)
      : all.reduce((sum, one) => sum + scoreTogether(hypothesis, [one]), 0);
  return count === 0 ? 0 : logMix(score, UNTRUSTED, -count * Math.log(3));
}

type Where = Extract<LocalEvidence, { kind: 'arrivals' }>['where'];
const PART_OF: Readonly<Record<Where, 0 | 1 | 2>> = { 'before-capture': 0, 'inside-node': 1, 'on-the-way-back': 2 };

type Seen = readonly (readonly [machine: string, incidents: readonly (readonly Where[])[]])[];

function scoreTogether({ machines, local }: Local, seen: Seen): number {
  const ways = local.here.length >= local.elsewhere.length ? local.here : local.elsewhere;
  return logSum(
    ways.map(([share], way) =>
      seen.reduce((sum, [machine, incidents]) => {
        const isHere = machines.length === 1 && machines[0] === machine;
        return sum + scoreWay(partsOf(isHere ? local.here : local.elsewhere, way), incidents);
      }, Math.log(share)),
    ),
  );
}

/** What holds in one way only there does so whatever the way elsewhere is. */
function partsOf(ways: Ways, way: number): Parts {
  return (ways[Math.min(way, ways.length - 1)] as Ways[number])[1];
}

function scoreWay(parts: Parts, incidents: readonly (readonly Where[])[]): number {
  return incidents.reduce(
    (sum, wheres) => sum + wheres.reduce((total, where) => total + Math.log(parts[PART_OF[where]]), 0) / wheres.length,
    0,
  );
}
