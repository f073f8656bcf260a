import { grown, NETSTAT, SNMP, type TcpCounters, tcpCounters } from '../tcp-counters.js';
import { type Check, type Judgement, type NodeReadings, unknown } from './check.js';

export const TCP_READS: readonly string[] = [`read ${NETSTAT}`, `read ${SNMP}`];

/** A check of what TCP counted over the interval. */
export function tcpCheck(
  about: Pick<Check, 'name' | 'about' | 'threshold' | 'source'>,
  judge: (growth: TcpGrowth) => Judgement,
): Check {
  return {
    ...about,
    reads: () => TCP_READS,
    rereads: () => TCP_READS,
    judge: (node) => {
      const growth = tcpGrowth(node);
      return [typeof growth === 'string' ? unknown(growth) : judge(growth)];
    },
  };
}

/** How far counters of TCP have come from the first reading to the second. */
export interface TcpGrowth {
  readonly seconds: number;
  readonly sinceStart: TcpCounters;
  /** 0 for a counter that this kernel does not have. */
  of(name: string): number;
}

/** The growth, or in words why it is not known. */
export function tcpGrowth({ before, after }: NodeReadings): TcpGrowth | string {
  const [first, last] = [before.text(NETSTAT), after.text(NETSTAT)];
  if (first.kind === 'none') return first.why;
  if (last.kind === 'none') return last.why;
  const [then, now] = [tcpCounters(before), tcpCounters(after)];
  return {
    seconds: (last.atNs - first.atNs) / 1e9,
    sinceStart: then,
    of: (name) => grown(then, now, name) ?? 0,
  };
}
