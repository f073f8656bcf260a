import { formatLength } from '../../format/duration.js';
import {
  isSlow,
  type MemoryStatRead,
  memoryStatOrders,
  memoryStatReads,
  SLOW_READ_NS,
  slowMemoryStatOrders,
} from '../memory-stat-reads.js';
import { type Check, type Judgement, unknown } from './check.js';

const WRONG_NS = 10_000_000;
const SHOWN = 5;

/**
 * How long reading memory.stat takes: for that long whoever reads it (cadvisor, kubelet, a shell) is in one system
 * call, and on kernels that cannot preempt it, packets of its CPU wait.
 */
export const memoryStat: Check = {
  name: 'memory-stat',
  about: 'how long reading memory.stat of control groups takes (of the root memory.numa_stat too)',
  threshold: `notice: ${formatLength(SLOW_READ_NS)}; wrong: ${formatLength(WRONG_NS)} in both of two readings that lie the interval apart`,
  source: "this project's: 10 ms is one probe interval; healthy groups take below 0.1 ms, the node of 2019 took 153 ms",
  budgetNs: 150_000_000,
  reads: memoryStatOrders,
  rereads: slowMemoryStatOrders,
  judge: (node) => {
    const found = memoryStatReads(node);
    if (typeof found === 'string') return [unknown(found)];
    const { reads, groups, complete } = found;
    const sample = `${reads.length} files of ${complete ? '' : 'more than '}${groups} groups`;
    const slowest = [...reads].sort((left, right) => cost(right) - cost(left));
    const slow = slowest.filter(isSlow).slice(0, SHOWN);
    if (slow.length > 0) return slow.map((read) => slowRead(read, sample));
    const [first] = slowest;
    const slowestNs = first?.quickestNs ?? 0;
    const detail = `slowest ${formatLength(slowestNs)} (${first?.group}), ${sample}`;
    return [{ state: 'ok', detail, measured: { slowestNs, groups } }];
  },
};

function cost({ quickestNs, mostCpuNs }: MemoryStatRead): number {
  return Math.max(quickestNs, mostCpuNs);
}

function slowRead({ group, quickestNs, mostCpuNs, readings }: MemoryStatRead, sample: string): Judgement {
  return {
    state: quickestNs >= WRONG_NS && readings > 1 ? 'wrong' : 'notice',
    subject: group,
    detail: `takes ${formatLength(quickestNs)} to read, up to ${formatLength(mostCpuNs)} of CPU time (quickest of ${readings}; ${sample})`,
    measured: { readNs: quickestNs, cpuNs: mostCpuNs, readings },
    remedy:
      'name who reads it (rxray trace syscalls --min 10ms); see zombie-groups; make cadvisor and agents read less often; echo 2 > /proc/sys/vm/drop_caches frees what holds dead groups for now',
  };
}
