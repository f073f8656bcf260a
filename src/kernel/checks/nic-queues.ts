import { formatCpus, parseCpuList } from '../cpu-list.js';
import { type InterfaceQueues, interfaceOrders, interfaceQueues, NO_INTERFACE } from '../interface-queues.js';
import { type Check, type Judgement, unknown } from './check.js';

const ONLINE = '/sys/devices/system/cpu/online';
/** With two or three CPUs there is little to spread. */
const LEAST_CPUS = 4;

/** All that comes in by one queue waits for whatever holds that queue's CPU. */
export const nicQueues: Check = {
  name: 'nic-queues',
  about: 'receive queues of each interface, and software spreading (RPS) where there is one only',
  threshold: `notice: one receive queue without RPS, or RPS to one CPU, on a node of ${LEAST_CPUS} CPUs or more`,
  source: 'Documentation/networking/scaling.rst',
  reads: (known) => [`read ${ONLINE}`, ...interfaceOrders(known)],
  judge: ({ before }) => {
    const online = before.text(ONLINE);
    if (online.kind === 'none') return [unknown(online.why)];
    const count = parseCpuList(online.text).length;
    const interfaces = interfaceQueues(before);
    return interfaces.length === 0 ? [unknown(NO_INTERFACE)] : interfaces.map((found) => judgement(found, count));
  },
};

function judgement({ interface: name, rxQueues, queues }: InterfaceQueues, cpus: number): Judgement {
  const rps = [...new Set(queues.flatMap(({ rpsCpus }) => rpsCpus ?? []))];
  const queueText = `${rxQueues} receive queue${rxQueues === 1 ? '' : 's'} for ${cpus} CPUs`;
  const detail = `${queueText}, ${rps.length === 0 ? 'no RPS' : `RPS to ${formatCpus(rps)}`}`;
  const measured = { rxQueues, rpsCpus: rps.length, cpus };
  if (cpus >= LEAST_CPUS && (rps.length === 1 || (rxQueues === 1 && rps.length === 0))) {
    return {
      state: 'notice',
      subject: name,
      detail,
      measured,
      remedy: `more queues if the card has them (ethtool -l ${name}; ethtool -L ${name} combined N); else a mask of several CPUs in /sys/class/net/${name}/queues/rx-*/rps_cpus`,
    };
  }
  return { state: 'ok', subject: name, detail, measured };
}
