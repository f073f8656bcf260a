import { interfaceOrders, interfaceQueues, NO_INTERFACE } from '../interface-queues.js';
import type { NodeFiles } from '../node-files.js';
import { type Check, type Judgement, unknown } from './check.js';

/** SCHED_FIFO and SCHED_RR of sched.h. */
const REAL_TIME = new Set([1, 2]);
/** Fields of /proc/PID/stat behind the name, which ends with the last bracket: the state is the first. */
const POLICY = 38;

/** Threads that receive packets compete with processes, where they have no real-time priority. */
export const threadedNapi: Check = {
  name: 'threaded-napi',
  about: 'whether kernel threads receive packets, and with which priority',
  threshold: 'notice: threaded NAPI whose threads have no real-time policy',
  source: 'Documentation/networking/napi.rst, "Threaded NAPI"',
  reads: (known) => [...interfaceOrders(known), ...threads(known).map((thread) => `read /proc/${thread}/stat`)],
  judge: ({ before }) => {
    const interfaces = interfaceQueues(before);
    if (interfaces.length === 0) return [unknown(NO_INTERFACE)];
    return interfaces.map(({ interface: name, threadedNapi: on, queues }): Judgement => {
      if (on === null) return { state: 'ok', subject: name, detail: 'this kernel has no threaded NAPI' };
      if (!on) return { state: 'ok', subject: name, detail: 'off: packets are received in softirqs' };
      const own = queues.flatMap(({ thread }) => (thread === null ? [] : [thread]));
      if (own.length === 0) return unknown('on, but the kernel does not tell the threads', name);
      const policies = own.map((thread) => policyOf(before, thread));
      const ordinary = policies.filter((policy) => policy !== undefined && !REAL_TIME.has(policy)).length;
      const detail = `on: ${own.length} threads, ${ordinary} of them with an ordinary policy`;
      const measured = { threads: own.length, ordinary };
      if (policies.includes(undefined)) return unknown('on, but its threads cannot be seen from here', name);
      if (ordinary === 0) return { state: 'ok', subject: name, detail, measured };
      return {
        state: 'notice',
        subject: name,
        detail,
        measured,
        remedy: `a process in a long system call keeps such a thread from its CPU: chrt -f -p 50 ${own[0]} (each of them), or CPUs of their own`,
      };
    });
  },
};

function threads(files: NodeFiles): number[] {
  return interfaceQueues(files).flatMap(({ queues }) =>
    queues.flatMap(({ thread }) => (thread === null ? [] : [thread])),
  );
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
