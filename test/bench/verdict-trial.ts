import { isShared } from '../../src/bisect/causes/branching.js';
import { alikeCauses } from '../../src/bisect/words/identifiability.js';
import type { MeasuredPath } from '../../src/model/measured-path.js';
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
      random.truths.every((one) => isTellable(random, one, run.truth)) &&
      !hidesAnother(random),
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

/** What of a machine only receives: of a vantage that nobody probes it is its own side, which is what `sender` says. */
const RECEIVING: readonly string[] = ['host', 'rx-queue', 'device'];

function isOwnSide({ cause, machines }: Truth, { paths }: RandomScenario): boolean {
  const isProbed = paths.some(({ measured }) =>
    measured.out.some((stage) => stage.kind === 'rx-queue' && stage.machines[0] === machines[0]),
  );
  return !isProbed && RECEIVING.includes(cause);
}

function judge(verdict: Verdict, random: RandomScenario, shown: readonly Truth[]): Outcome {
  const { truths } = random;
  if (verdict.cause === 'healthy') return shown.length === 0 ? 'right' : 'missed';
  if (verdict.cause === 'inconclusive') return 'inconclusive';
  const named = verdict.cause.split('+');
  const allowed = new Set([...named, ...verdict.indistinguishable]);
  const where = wheres(verdict);
  const explains = (truth: Truth): boolean =>
    (allowed.has(truth.cause) ||
      (truth.cause === 'host' && allowed.has('rx-queue')) ||
      (allowed.has('sender') && isOwnSide(truth, random))) &&
    truth.machines.some((machine) => where.includes(machine));
  const explained = truths.filter(explains);
  if (named.length > 1) return explained.length === 2 ? 'right' : 'wrong';
  // One of two faults alone is right only where the other one never showed.
  return explained.length >= 1 && shown.every(explains) ? 'right' : 'wrong';
}

const wheres = ({ where }: Verdict): string[] => [where ?? []].flat();

/** Whether what is named is what is there; of a machine with one queue either word is right. */
function isExact(verdict: Verdict, random: RandomScenario, shown: readonly Truth[]): boolean {
  const { truths, queues } = random;
  if (verdict.cause === 'healthy') return shown.length === 0;
  const named = verdict.cause.split('+');
  const where = wheres(verdict);
  const is = (truth: Truth): boolean =>
    (named.includes(truth.cause) ||
      (queues === 1 && truth.cause === 'host' && named.includes('rx-queue')) ||
      (named.includes('sender') && isOwnSide(truth, random))) &&
    truth.machines.some((machine) => where.includes(machine));
  return named.length > 1 ? truths.filter(is).length === named.length : truths.some(is) && shown.every(is);
}

/** Whether one of two faults holds just what a network does that is the other one: from outside the two are one. */
function hidesAnother({ truths, paths }: RandomScenario): boolean {
  const groups = alikeCauses(paths.map((path) => path.measured));
  const labelOf = ({ cause, machines }: Truth): string =>
    `${cause === 'device' ? 'host' : cause}@${machines.join('+')}`;
  return truths.some((one) =>
    truths.some(
      (other) =>
        other !== one &&
        other.cause === 'network' &&
        (groups.find((group) => group.some(({ label }) => label === labelOf(one))) ?? []).some(
          ({ label }) => label === labelOf(other),
        ),
    ),
  );
}

type Injections = ReturnType<typeof bisectScenario>['truth'];

/** Whether the causes that look the same on these paths as the true one blame the same machine. */
function isTellable(random: RandomScenario, truth: Truth, injections: Injections): boolean {
  const { paths } = random;
  const measured = paths.map((path) => path.measured);
  const parts = partsFlows(random, truth);
  // A card holds what all receive queues of its machine hold, or one of them.
  const cause = truth.cause !== 'device' ? truth.cause : parts ? 'rx-queue' : 'host';
  const label = `${cause}@${truth.machines.join('+')}`;
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
  return parts ? isPartingTellable(random, truth, injections) : true;
}

/** Whether the fault holds some flows and lets others pass. */
function partsFlows({ scenario, queues }: RandomScenario, { cause, fault }: Truth): boolean {
  const { links, queue } = (scenario.faults[fault] ?? {}) as { links?: number; queue?: unknown };
  return (
    cause === 'rx-queue' ||
    (cause === 'sender' && queues > 1) ||
    (cause === 'device' && queue !== undefined) ||
    links !== undefined
  );
}

/** Flows of which one sees whether some wait and others pass. */
const FLOWS_TO_SEE = 8;
/** A path must be held so often that it is no coincidence. */
const HELD_TO_SEE = 2;
/** By how much the data must fit a rival less well: equal standing ends there. */
const LEAST_FACTOR = 20;

/**
 * Some flows of paths must be seen to part that have no other machine in common, be it a vantage. Which flows lie on the
 * queue that waits is chance: a path of which none does, as often happens with many queues, tells nothing. Between two
 * machines a path must be seen to part that does so for no other reason, and at either end so many flows of others pass
 * that a queue or link there, which holds its part of them, would have held some of those as well.
 */
function isPartingTellable(random: RandomScenario, truth: Truth, injections: Injections): boolean {
  const { paths, scenario } = random;
  const { cause, machines, fault } = truth;
  const swept = paths.flatMap(({ measured }) => (measured.flows >= FLOWS_TO_SEE ? [measured] : []));
  const crosses = ({ out, back }: (typeof swept)[number], kind: string, at: readonly string[]): boolean =>
    [...out, ...back].some((stage) => stage.kind === kind && stage.machines.join('+') === at.join('+'));
  const wasHeld = ({ name }: (typeof swept)[number]): boolean =>
    injections.filter((one) => one.fault === fault && one.held.some(({ path }) => path === name)).length >= HELD_TO_SEE;
  const [machine = '', further] = machines;
  if (further !== undefined) {
    const { links = 1 } = scenario.faults[fault] as { links?: number };
    const between = swept.filter((path) => crosses(path, 'network', machines));
    const parted = between.filter((path) => wasHeld(path) && (!isShared(path) || path.backends === 1));
    const passing = (end: string): number =>
      swept
        .filter((path) => !between.includes(path))
        .filter((path) => crosses(path, 'rx-queue', [end]) || crosses(path, 'sender', [end]))
        .reduce((sum, { flows }) => sum + flows, 0);
    const tells = (end: string): boolean => (1 - 1 / links) ** passing(end) <= 1 / LEAST_FACTOR;
    return parted.length > 0 && machines.every(tells);
  }
  // Links spread by ports, whatever a card does.
  const spread = cause === 'network' || scenario.machines.bad?.hash.tcp === 'ports';
  const held = swept.filter(wasHeld);
  const common = held.reduce<readonly string[]>(
    (machines, path, index) =>
      index === 0 ? machinesOf(path) : machines.filter((one) => machinesOf(path).includes(one)),
    [],
  );
  return spread && held.length >= 2 && common.every((one) => one === machine);
}

/** All that a path crosses something of. */
const machinesOf = ({ out, back }: MeasuredPath): readonly string[] => [
  ...new Set([...out, ...back].flatMap(({ machines }): readonly string[] => machines)),
];
