import type { MachineCount } from '../../model/machine-counts.js';
import { MS } from '../../model/time.js';
import type { Observation } from './observation.js';

/** What was counted from one reading to the next, on the common time line. */
export interface CountedSpan {
  readonly fromNs: number;
  readonly toNs: number;
  readonly throttledNs: number;
  readonly dropped: number;
}

/** What the kernel of a machine counted over the run, of a server that is asked there. Undefined: it does not say. */
export interface MachineAccount {
  readonly machine: string;
  /** That the server listens on; several are asked on one machine. */
  readonly port?: number;
  /** The process that listens on the port. */
  readonly server?:
    | {
        readonly process: number;
        readonly name: string;
        /** Processes that it has started, which may serve in its place. */
        readonly workers?: readonly number[];
      }
    | undefined;
  /** Time that its control group was stopped by its CPU quota. */
  readonly throttledNs?: number | undefined;
  /** Connections that found an accept queue full (ListenOverflows of TcpExt), of all ports. */
  readonly overflows?: number | undefined;
  /** The most that waited to be accepted at the port, and how many may. */
  readonly waiting?: number | undefined;
  readonly limit?: number | undefined;
  /** Segments that TCP sent again, of all connections. */
  readonly retransmitted?: number | undefined;
  /** Longest time that a thread of the server was ready and did not run, in the run. */
  readonly runDelayNs?: number | undefined;
  /** At how many readings a thread of the server was blocked (a disk, a lock of the kernel). */
  readonly blocked?: { readonly readings: number; readonly of: number } | undefined;
  /** What else the kernel counted that costs connections; told, and weighed by nobody: it is of all that the machine serves. */
  readonly counted?: Readonly<Partial<Record<MachineCount, number>>>;
  /** The same growth reading by reading, the latest; what it shows can be laid beside incidents. */
  readonly spans?: readonly CountedSpan[];
}

export const ACCOUNT_SIGNS = ['throttled', 'overflowed'] as const;
export type AccountSign = (typeof ACCOUNT_SIGNS)[number];

/** How often a sign shows while something else is the cause, and how often so much of it. */
export const SIGN_BY_CHANCE: Readonly<Record<AccountSign, { readonly some: number; readonly much: number }>> = {
  throttled: { some: 0.06, much: 0.005 },
  overflowed: { some: 0.02, much: 0.02 },
};

/** Less than this is a period or two of a start. */
const LEAST_THROTTLED_NS = 20 * MS;
/** A group that is stopped for so much of the time hardly serves anybody in time. */
const MUCH_THROTTLED = 0.1;
/** A stop explains an incident whose length it makes up by so much: readings and incidents begin and end anyhow. */
const STOPPED_SHARE = 0.25;

/** What a machine shows of a sign: not at all, some of it, or so much that it is seldom by chance. */
export type Shown = 'none' | 'some' | 'much';

/** Undefined where the account does not say. */
export function shows(account: MachineAccount, sign: AccountSign): Shown | undefined {
  if (sign === 'overflowed') {
    const { overflows, waiting, limit } = account;
    if (overflows === 0) return 'none';
    // It is counted of all ports: where the queue of this one was never near its end, another overflowed.
    const isOther = waiting !== undefined && limit !== undefined && waiting <= limit / 2;
    return overflows === undefined || isOther ? undefined : 'some';
  }
  const { throttledNs, spans } = account;
  if (throttledNs === undefined) return undefined;
  if (throttledNs < LEAST_THROTTLED_NS) return 'none';
  const [first, last] = [spans?.[0], spans?.at(-1)];
  const watchedNs = first === undefined || last === undefined ? 0 : last.toNs - first.fromNs;
  return throttledNs >= MUCH_THROTTLED * watchedNs && watchedNs > 0 ? 'much' : 'some';
}

/** How many of the incidents a sign coincides with, and how many it would coincide with by chance. */
export interface Coincidence {
  readonly incidents: number;
  readonly coincide: number;
  /** Chance that any such stretch of time shows the sign. */
  readonly chance: number;
}

/** Lays what was counted reading by reading beside the incidents; undefined where it was not. */
export function coincidence(
  { spans = [] }: MachineAccount,
  sign: AccountSign,
  incidents: readonly Pick<Observation, 'startMaxNs' | 'releaseNs'>[],
): Coincidence | undefined {
  if (spans.length < 2) return undefined;
  let [counted, coincide, readings] = [0, 0, 0];
  for (const { startMaxNs, releaseNs } of incidents) {
    const beside = spans.filter(({ fromNs, toNs }) => fromNs <= releaseNs && toNs >= startMaxNs);
    if (beside.length === 0) continue;
    counted += 1;
    readings += beside.length;
    const amount = beside.reduce((sum, span) => sum + (sign === 'throttled' ? span.throttledNs : span.dropped), 0);
    if (amount > 0 && (sign === 'overflowed' || amount >= STOPPED_SHARE * (releaseNs - startMaxNs))) coincide += 1;
  }
  if (counted === 0) return undefined;
  const least = sign === 'throttled' ? LEAST_THROTTLED_NS : 1;
  const showing = spans.filter((span) => (sign === 'throttled' ? span.throttledNs : span.dropped) >= least).length;
  const free = 1 - showing / spans.length;
  return { incidents: counted, coincide, chance: 1 - free ** (readings / counted) };
}
