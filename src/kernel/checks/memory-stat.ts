import { formatLength } from '../../format/duration.js';
import { type MemoryStatRead, memoryStatOrders, memoryStatReads, SLOW_READ_NS } from '../memory-stat-reads.js';
import { type Check, type Judgement, unknown } from './check.js';

const WRONG_NS = 10_000_000;
const SHOWN = 5;

/**
 * How long reading memory.stat takes: for that long whoever reads it (cadvisor, kubelet, a shell) is in one system
 * call, and on kernels that cannot preempt it, packets of its CPU wait.
 */
export const memoryStat: Check = {
  name: 'memory-stat',
  about: 'how long reading memory.stat of control groups takes',
  threshold: `notice: ${formatLength(SLOW_READ_NS)}; wrong: ${formatLength(WRONG_NS)}, the quickest of up to 3 readings`,
  source: "this project's: 10 ms is one probe interval; healthy groups take below 0.1 ms, the node of 2019 took 153 ms",
  budgetNs: 150_000_000,
  reads: memoryStatOrders,
  judge: ({ before }) => {
    const found = memoryStatReads(before);
    if (typeof found === 'string') return [unknown(found)];
    const { reads, groups, complete } = found;
    const sample = `read of ${reads.length} of ${complete ? '' : 'more than '}${groups} groups`;
    const slowest = [...reads].sort((left, right) => right.wallNs - left.wallNs);
    const slow = slowest.filter(({ wallNs }) => wallNs >= SLOW_READ_NS).slice(0, SHOWN);
    if (slow.length > 0) return slow.map((read) => slowRead(read, sample));
    const [first] = slowest;
    const root = reads.find(({ group }) => group === '/');
    const detail = [
      ...(root === undefined ? [] : [`root ${formatLength(root.wallNs)}`]),
      ...(first === undefined ? [] : [`slowest ${formatLength(first.wallNs)} (${first.group})`]),
      sample,
    ].join(', ');
    return [{ state: 'ok', detail, measured: { slowestNs: first?.wallNs ?? 0, groups } }];
  },
};

function slowRead({ group, wallNs, cpuNs, repeats }: MemoryStatRead, sample: string): Judgement {
  return {
    state: wallNs >= WRONG_NS ? 'wrong' : 'notice',
    subject: group,
    detail: `${formatLength(wallNs)} to read, ${formatLength(cpuNs)} of it on the CPU (quickest of ${repeats}; ${sample})`,
    measured: { readNs: wallNs, cpuNs, repeats },
    remedy:
      'name who reads it (rxray trace syscalls --min 10ms); see zombie-groups; make cadvisor and agents read less often; echo 2 > /proc/sys/vm/drop_caches frees what holds dead groups for now',
  };
}
