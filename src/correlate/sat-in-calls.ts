import type { SyscallRecord } from '../model/records/syscall.js';
import type { ServerCall } from '../model/server-call.js';
import { coveredNs, type Stretch } from '../stats/covered-time.js';

/** A request that waited, on the time line of the run. */
export interface SlowRequest {
  readonly sentNs: number;
  readonly endNs: number;
}

/** A long call of the server; instants on the same time line. */
export interface LongCall {
  readonly beganNs: number;
  readonly endedNs: number;
  readonly record: SyscallRecord;
}

/** A call that is to explain a wait makes up so much of it, and lies in times of waits by so much of itself. */
const HALF = 0.5;
/** Calls that cover fewer of the slow requests are no explanation. */
const LEAST_SHARE = 0.1;
const LEAST_REQUESTS = 2;
const MOST_TOLD = 3;

/**
 * The calls in which a server sat while requests to it waited, those that cover most requests first. A thread that has
 * nothing to do sits in a call for as long as that lasts, whether requests wait or not: such a call lies outside of the
 * waits for the most part, and explains none.
 */
export function satInCalls(
  machine: string,
  requests: readonly SlowRequest[],
  calls: readonly LongCall[],
): ServerCall[] {
  const waits = requests.map(({ sentNs, endNs }) => stretch(sentNs, endNs));
  const groups = new Map<string, LongCall[]>();
  for (const call of calls) {
    const { beganNs, endedNs, record } = call;
    if (coveredNs(waits, beganNs, endedNs) < HALF * (endedNs - beganNs)) continue;
    const key = `${record.process ?? ''}[${record.pid ?? 0}] ${record.name} ${record.file ?? record.path ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return [...groups.values()]
    .map((group) => told(machine, requests, group))
    .filter(({ requests: covered, of }) => covered >= Math.max(LEAST_REQUESTS, LEAST_SHARE * of))
    .sort((a, b) => b.requests - a.requests || b.longestNs - a.longestNs)
    .slice(0, MOST_TOLD);
}

function told(machine: string, requests: readonly SlowRequest[], group: readonly LongCall[]): ServerCall {
  const within = group.map(({ beganNs, endedNs }) => stretch(beganNs, endedNs));
  const covered = requests.filter(({ sentNs, endNs }) => coveredNs(within, sentNs, endNs) >= HALF * (endNs - sentNs));
  const lengthOf = ({ beganNs, endedNs }: LongCall): number => endedNs - beganNs;
  const longest = group.reduce((most, call) => (lengthOf(call) > lengthOf(most) ? call : most));
  const { record } = longest;
  return {
    machine,
    pid: record.pid ?? 0,
    process: record.process ?? record.comm ?? '?',
    name: record.name,
    arguments: record.arguments.map(({ text }) => text).join(', '),
    ...(record.file === undefined ? {} : { file: record.file }),
    ...(record.kernelStack === undefined ? {} : { kernelStack: record.kernelStack }),
    ...(record.userStack === undefined ? {} : { userStack: record.userStack }),
    calls: group.length,
    longestNs: Math.round(lengthOf(longest)),
    requests: covered.length,
    of: requests.length,
  };
}

const stretch = (fromNs: number, toNs: number): Stretch => ({ fromNs, toNs, part: 1 });
