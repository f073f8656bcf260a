import { CONVICTING } from '../../src/bisect/weigh/judgement.js';
import { alikeCauses } from '../../src/bisect/words/identifiability.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bisectScenario } from '../bisect/sim-cluster.js';
import { type RandomScenario, randomScenario, type Truth } from './verdict-scenarios.js';

export type Outcome = 'right' | 'wrong' | 'inconclusive' | 'missed';

/** One scenario, what was said of it, and whether that is right. */
export interface Trial {
  readonly seed: number;
  readonly truth: string;
  readonly said: string;
  readonly outcome: Outcome;
  /** Whether the paths measured, and what they saw, allow to tell. */
  readonly tellable: boolean;
  readonly probability: number;
  /** The cause that is named first is the true one, at its place. */
  readonly exact: boolean;
  readonly endS: number;
  readonly settled: boolean;
  readonly notes: string;
}

/** Windows of a fault that must have shown before a verdict is expected. */
const LEAST_SEEN = 6;
const DURATION_NS = 60 * SECOND;

export function runTrial(seed: number): Trial {
  const random = randomScenario(seed);
  const run = bisectScenario({
    scenario: random.scenario,
    paths: random.paths,
    thresholdNs: random.thresholdNs,
    durationNs: DURATION_NS,
    clockUncertaintyNs: random.clockUncertaintyNs,
    untilSettled: true,
  });
  const shown = random.truths.filter((truth) => seenWindows(random, run.truth, truth) > 0);
  const clear = random.truths.filter((truth) => seenWindows(random, run.truth, truth) >= LEAST_SEEN);
  const { verdict } = run;
  return {
    seed,
    truth:
      random.truths
        .map(({ cause }) => cause)
        .sort()
        .join('+') || 'healthy',
    said: verdict.cause,
    outcome: judge(verdict, random, shown),
    tellable:
      random.lie === null &&
      clear.length === random.truths.length &&
      random.truths.every((one) => isTellable(random, one)),
    probability: verdict.probability,
    exact: isExact(verdict, random, shown),
    endS: run.endNs / SECOND,
    settled: run.settled,
    notes: `${random.notes} where=${String(verdict.where)} alike=${verdict.indistinguishable} n=${verdict.incidents} ${verdict.reason ?? ''}`,
  };
}

/** Windows of a fault that held or dropped some probe for long enough to be found. */
function seenWindows(
  random: RandomScenario,
  injections: ReturnType<typeof bisectScenario>['truth'],
  truth: Truth,
): number {
  const windows = new Map<number, number>();
  for (const { fault, window, held, lengthNs, kind } of injections) {
    const longEnough = kind !== 'stall' || lengthNs >= random.thresholdNs + 15 * MS;
    if (fault === truth.fault && longEnough) {
      const probes = held.reduce((sum, { probes }) => sum + probes, 0);
      windows.set(window, (windows.get(window) ?? 0) + probes);
    }
  }
  return [...windows.values()].filter((probes) => probes >= 2).length;
}

/** What of a machine only receives: of a vantage that nobody probes, its own side. */
const RECEIVING: readonly string[] = ['host', 'rx-queue', 'device'];

function judge(verdict: Verdict, { truths, paths }: RandomScenario, shown: readonly Truth[]): Outcome {
  const probed = new Set(
    paths.flatMap(({ measured }) =>
      measured.out.flatMap(({ kind, machines }) => (kind === 'rx-queue' ? machines : [])),
    ),
  );
  if (verdict.cause === 'healthy') return shown.length === 0 ? 'right' : 'missed';
  if (verdict.cause === 'inconclusive') return 'inconclusive';
  const named = verdict.cause.split('+');
  const allowed = new Set([...named, ...verdict.indistinguishable]);
  // Two of which one may hide behind the other stand there as a pair.
  const both = truths.map(({ cause }) => cause).sort();
  if (both.length === 2 && verdict.probability < CONVICTING && allowed.has(both.join('+')))
    return truths.some(
      ({ cause, machines }) => cause === verdict.cause && machines.some((one) => wheres(verdict).includes(one)),
    )
      ? 'right'
      : 'wrong';
  const where = wheres(verdict);
  const explains = ({ cause, machines }: Truth): boolean =>
    (allowed.has(cause) ||
      (cause === 'host' && allowed.has('rx-queue')) ||
      // Where nobody probes the machine its receive side is only met by its own replies.
      (allowed.has('sender') && !probed.has(machines[0] ?? '') && RECEIVING.includes(cause))) &&
    machines.some((machine) => where.includes(machine));
  const explained = truths.filter(explains);
  if (named.length > 1) return explained.length === 2 ? 'right' : 'wrong';
  // One of two faults alone is right only where the other one never showed.
  return explained.length >= 1 && shown.every(explains) ? 'right' : 'wrong';
}

const wheres = ({ where }: Verdict): string[] => [where ?? []].flat();

/** Whether what is named is what is there; of a machine with one queue either word is right. */
function isExact(verdict: Verdict, { truths, queues }: RandomScenario, shown: readonly Truth[]): boolean {
  if (verdict.cause === 'healthy') return shown.length === 0;
  const named = verdict.cause.split('+');
  const where = wheres(verdict);
  const is = ({ cause, machines }: Truth): boolean =>
    (named.includes(cause) || (queues === 1 && cause === 'host' && named.includes('rx-queue'))) &&
    machines.some((machine) => where.includes(machine));
  return named.length > 1 ? truths.filter(is).length === named.length : truths.some(is) && shown.every(is);
}

/** Whether the causes that look the same on these paths as the true one blame the same machine. */
function isTellable({ paths, queues, scenario }: RandomScenario, truth: Truth): boolean {
  const measured = paths.map((path) => path.measured);
  const label = `${truth.cause}@${truth.machines.join('+')}`;
  const crossing = measured.filter(({ out, back }) =>
    [...out, ...back].some((stage) =>
      truth.machines.every((machine) => (stage.machines as readonly string[]).includes(machine)),
    ),
  );
  if (crossing.length === 0) return false;
  const group = alikeCauses(measured).find((one) => one.some((hypothesis) => hypothesis.label === label)) ?? [];
  const common = group.reduce<readonly string[]>(
    (machines, hypothesis) => machines.filter((machine) => hypothesis.machines.includes(machine)),
    truth.machines,
  );
  if (common.length === 0) return false;
  if (truth.cause === 'rx-queue' || (truth.cause === 'sender' && queues > 1)) {
    // Some flows of some path must be seen to part, from two vantages or to two machines.
    const spread = scenario.machines.bad?.hash.tcp === 'ports' && measured.some(({ flows }) => flows >= 8);
    const into = measured.filter(({ vantage, out }) =>
      out.some((stage) =>
        truth.cause === 'sender'
          ? vantage === truth.machines[0]
          : stage.kind === 'rx-queue' && stage.machines[0] === truth.machines[0],
      ),
    );
    const sides = new Set(into.map(({ vantage, answeredBy }) => (truth.cause === 'sender' ? answeredBy : vantage)));
    return spread && sides.size >= 2 && into.filter(({ flows }) => flows >= 8).length >= 2;
  }
  return true;
}
