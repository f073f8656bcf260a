import { type Culprit, STALL_CLASSES, type StallClass } from '../model/culprit.js';
import type { Labels } from './prometheus-api.js';

const SOFTIRQ = 'softirq ';

/**
 * A culprit as far as the labels of a store tell it: of which class, which process in which call. Its agent names it
 * only where it had the CPU for half of the wait, so that much of it is taken for held.
 *
 * @returns undefined for a class that this program does not know
 */
export function scrapedCulprit(labels: Labels, releaseNs: number, waitNs: number): Culprit | undefined {
  const { class: kind = '', process = '', syscall = '' } = labels;
  if (!isClass(kind)) return undefined;
  const handler = process.startsWith(SOFTIRQ) ? process.slice(SOFTIRQ.length) : null;
  return {
    type: 'culprit',
    class: kind,
    cpu: -1,
    start: releaseNs - waitNs,
    release: releaseNs,
    waitNs,
    heldStart: releaseNs - waitNs,
    lengthNs: waitNs,
    heldNs: waitNs,
    heldShare: 1,
    queuedOn: [],
    rxray: false,
    process: handler === null ? { name: process, pid: -1, thread: -1, threadName: process } : null,
    syscall: syscall === '' ? null : { name: syscall, number: -1 },
    handler,
    cgroup: null,
    container: null,
    pod: null,
    servedBy: '',
    netns: 0,
    interface: 0,
    stack: [],
    shares: [],
    stealNs: -1,
    because: 'named by the agent of the node',
    fix: 'ask the agent of the node itself for the stack and the control group: rxray why NODE --agents ADDRESS',
  };
}

function isClass(kind: string): kind is StallClass {
  return (STALL_CLASSES as readonly string[]).includes(kind);
}
