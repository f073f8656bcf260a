import type { FaultName } from '../../src/lab/fault-plan.js';
import type { TruthStall } from '../../src/lab/truth.js';
import type { Verdict } from '../../src/model/verdict.js';

/** From this probability on a verdict that names something else than the truth is an accusation of an innocent. */
export const ACCUSATION = 0.9;

/**
 * How a verdict stands to what was done. `alike`: inconclusive, or unsure, with the truth among what it says it cannot
 * tell apart. `accuses`: wrong with a probability that people act on.
 */
export type Standing = 'right' | 'alike' | 'inconclusive' | 'wrong' | 'accuses';
export const STANDINGS: readonly Standing[] = ['right', 'alike', 'inconclusive', 'wrong', 'accuses'];

export type CulpritStanding = 'right' | 'none' | 'wrong';

/** What was done, and what could be seen of it. */
export interface Situation {
  /** Two at once where there are two. */
  readonly faults: readonly FaultName[];
  /** Receive queues of every host. */
  readonly queues: number;
}

interface RightVerdict {
  /** `cause@machines`, machines in alphabetical order. */
  readonly place: string;
  /** Kinds of `network` that it may be; any where it does not matter. */
  readonly kinds?: readonly string[];
  /** What has to stand under `indistinguishable`, as nothing measured tells it apart. */
  readonly beside?: string;
  /** A verdict that has to list another one may not be surer than this. */
  readonly below?: number;
}

/** One of a single queue, and all of them, are one and the same. */
function receiving(place: 'rx-queue@node' | 'host@node', queues: number): readonly RightVerdict[] {
  if (queues > 1) return [{ place }];
  return [
    { place: 'rx-queue@node', beside: 'host' },
    { place: 'host@node', beside: 'rx-queue' },
  ];
}

const held: readonly RightVerdict[] = [{ place: 'rx-queue@node' }, { place: 'host@node' }];
const byFlow: readonly RightVerdict[] = [{ place: 'network@node', kinds: ['ecmp', 'lag'] }];
/** The last stretch of the network where the kernel of the node shows that no CPU of it is concerned. */
const beforeKernel: RightVerdict = { place: 'device@node', beside: 'network', below: ACCUSATION };

/**
 * The verdicts that each fault has to get. A card that holds packets and the last stretch of the network are the same
 * from everywhere but the card itself, so neither may be named alone; but of the last stretch it is no lie.
 */
const RIGHT: Readonly<Record<FaultName, (queues: number) => readonly RightVerdict[]>> = {
  'rx-queue': (queues) => receiving('rx-queue@node', queues),
  host: (queues) => receiving('host@node', queues),
  softirq: () => held,
  'irq-off': () => held,
  handler: () => held,
  starved: (queues) => receiving('rx-queue@node', queues),
  nat: () => [{ place: 'nat@node' }],
  ipip: () => [{ place: 'ipip@node,node-remote' }],
  vxlan: () => [{ place: 'vxlan@node,node-remote' }],
  geneve: () => [{ place: 'geneve@node,node-remote' }],
  pod: () => [{ place: 'pod@node' }],
  backends: () => [{ place: 'pod@node' }, { place: 'pod@pod-b' }],
  network: () => [{ place: 'network@node,shell' }],
  'network-last-mile': () => [{ place: 'network@node' }, beforeKernel],
  device: () => [beforeKernel, { place: 'network@node', beside: 'device', below: ACCUSATION }],
  ecmp: () => byFlow,
  // One hardware queue of a card holds what a member of the pair in front of it does.
  lag: () => [...byFlow, beforeKernel],
  congestion: () => [{ place: 'network@node', kinds: ['congestion', 'slow-drain'] }],
  loss: () => [{ place: 'network@node', kinds: ['loss'] }],
  sender: () => [{ place: 'sender@shell' }],
  server: () => [{ place: 'server@node' }],
  throttled: () => [{ place: 'throttled@node' }],
  'accept-queue': () => [{ place: 'accept-queue@node' }],
  resolver: () => [{ place: 'resolver@names' }],
  'resolver-slow': () => [{ place: 'resolver@names' }],
  none: () => [{ place: 'healthy@' }],
};

/** `cause@machines`. */
export function verdictPlace(verdict: Verdict): string {
  const where = verdict.where === null ? [] : [verdict.where].flat();
  return `${verdict.cause}@${[...where].sort().join(',')}`;
}

export function standingOf(verdict: Verdict, { faults, queues }: Situation): Standing {
  const [only, second] = faults;
  if (only === undefined) throw new Error('no fault to compare with');
  if (second === undefined) return standingOfOne(verdict, RIGHT[only](queues));
  const both = faults.map(causeOf).sort().join('+');
  if (verdict.cause === both) return 'right';
  if (lists(verdict, both)) return 'alike';
  return otherwise(verdict);
}

function standingOfOne(verdict: Verdict, rights: readonly RightVerdict[]): Standing {
  const place = verdictPlace(verdict);
  const fits = rights.filter(
    (right) => right.place === place && (right.kinds === undefined || right.kinds.includes(verdict.kind ?? '')),
  );
  const complete = fits.some(
    ({ beside, below = 1.1 }) => (beside === undefined || lists(verdict, beside)) && verdict.probability < below,
  );
  if (complete) return 'right';
  const mentioned = rights.some((right) => lists(verdict, right.place.slice(0, right.place.indexOf('@'))));
  const named = fits.length > 0 && fits.some(({ beside }) => beside === undefined || lists(verdict, beside));
  if (named || (mentioned && !accuses(verdict))) return 'alike';
  // The right place of the wrong kind accuses nobody innocent.
  if (rights.some((right) => right.place === place && right.beside === undefined)) return 'wrong';
  return otherwise(verdict);
}

function otherwise(verdict: Verdict): Standing {
  if (verdict.cause === 'inconclusive') return 'inconclusive';
  return accuses(verdict) ? 'accuses' : 'wrong';
}

const accuses = ({ cause, probability }: Verdict): boolean => cause !== 'inconclusive' && probability >= ACCUSATION;

const lists = ({ indistinguishable }: Verdict, cause: string): boolean =>
  indistinguishable.some((alike) => alike.split('@')[0] === cause);

/** The cause that a fault is one of. */
function causeOf(fault: FaultName): string {
  const [right] = RIGHT[fault](4);
  return right?.place.slice(0, right.place.indexOf('@')) ?? fault;
}

/** Faults that a process commits, or a handler: somebody is to be named. */
const COMMITTED: ReadonlySet<FaultName> = new Set([
  'rx-queue',
  'host',
  'softirq',
  'starved',
  'irq-off',
  'handler',
  'sender',
]);

/** Whether the verdict's culprit is the one that the injectors logged; somebody where nobody did anything is wrong. */
export function culpritOf(
  verdict: Verdict,
  faults: readonly FaultName[],
  truth: readonly TruthStall[],
): CulpritStanding {
  const { culprit } = verdict;
  if (culprit === undefined) return 'none';
  const committed = truth.filter((stall) => COMMITTED.has(stall.fault as FaultName));
  if (faults.includes('handler') && culprit.class === 'softirq-handler' && culprit.process === null) return 'right';
  const named = committed.some(({ comm, pid }) => culprit.process === comm && culprit.pids.includes(pid));
  return named ? 'right' : 'wrong';
}
