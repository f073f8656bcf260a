import { formatCpus, parseCpuList } from '../cpu-list.js';
import { type InterfaceQueues, interfaceOrders, interfaceQueues, NO_INTERFACE } from '../interface-queues.js';
import type { NodeFiles } from '../node-files.js';
import { type Check, type Judgement, unknown } from './check.js';

const ONLINE = '/sys/devices/system/cpu/online';
/** SCHED_FIFO and SCHED_RR of sched.h. */
const REAL_TIME = new Set([1, 2]);
/** Fields of /proc/PID/stat behind the name, which ends with the last bracket: the state is the first. */
const POLICY = 38;

/** Threads that receive packets compete with processes, where they have no real-time priority. */
export const threadedNapi: Check = {
  name: 'threaded-napi',
  about: 'whether kernel threads receive packets, with which priority and on which CPUs',
  threshold: 'notice: NAPI threads without a real-time policy, or those of several queues bound to one CPU',
  source: 'Documentation/networking/napi.rst, "Threaded NAPI"',
  reads: (known) => [
    `read ${ONLINE}`,
    ...interfaceOrders(known),
    ...interfaceQueues(known).flatMap((found) => threadsOf(found).map((thread) => `read /proc/${thread}/stat`)),
  ],
  judge: ({ before }) => {
    const interfaces = interfaceQueues(before);
    const online = before.text(ONLINE);
    const cpus = online.kind === 'text' ? parseCpuList(online.text).length : 1;
    return interfaces.length === 0
      ? [unknown(NO_INTERFACE)]
      : interfaces.map((found) => judgement(found, before, cpus));
  },
};

function judgement(found: InterfaceQueues, files: NodeFiles, cpus: number): Judgement {
  const { interface: name, threadedNapi: on, queues } = found;
  if (on === null) return { state: 'ok', subject: name, detail: 'this kernel has no threaded NAPI' };
  if (!on) return { state: 'ok', subject: name, detail: 'off: packets are received in softirqs' };
  const threads = threadsOf(found);
  const [first] = threads;
  if (first === undefined) return unknown('on, but the kernel does not tell the threads', name);
  const policies = threads.map((thread) => policyOf(files, thread));
  if (policies.includes(undefined)) return unknown('on, but its threads cannot be seen from here', name);
  const ordinary = policies.filter((policy) => policy !== undefined && !REAL_TIME.has(policy)).length;
  const allowed = [...new Set(queues.flatMap(({ threadCpus }) => threadCpus ?? []))];
  const bound = threads.length > 1 && allowed.length === 1 && cpus > 1;
  const detail = [
    `on: ${threads.length} thread${threads.length === 1 ? '' : 's'}`,
    `${ordinary} of them with an ordinary policy`,
    ...(bound ? [`all bound to ${formatCpus(allowed)}`] : []),
  ].join(', ');
  const measured = { threads: threads.length, ordinary, cpus: allowed.length };
  if (ordinary === 0 && !bound) return { state: 'ok', subject: name, detail, measured };
  const remedy = [
    ...(ordinary > 0
      ? [`a process in a long system call keeps such a thread from its CPU: chrt -f -p 50 ${first}`]
      : []),
    ...(bound ? [`give each a CPU of its own: taskset -pc CPU ${first}`] : []),
  ].join('; ');
  return { state: 'notice', subject: name, detail, measured, remedy: `${remedy} (and so on for each thread)` };
}

function threadsOf({ queues }: InterfaceQueues): number[] {
  return queues.flatMap(({ thread }) => (thread === null ? [] : [thread]));
}

function policyOf(files: NodeFiles, thread: number): number | undefined {
  const reading = files.text(`/proc/${thread}/stat`);
  if (reading.kind === 'none') return undefined;
  const behind = reading.text
    .slice(reading.text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return behind[POLICY] === undefined ? undefined : Number(behind[POLICY]);
}
