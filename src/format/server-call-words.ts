import type { ServerCall } from '../model/server-call.js';
import { formatLength } from './duration.js';
import { count } from './finding-words.js';

/** Frames that are shown; all of them stand in the JSON. */
const SHOWN_FRAMES = 4;

/** `web[812] on node sat in flock(3</var/lock/x>, LOCK_EX) for up to 201.3 ms: 17 of 18 slow requests`. */
export function serverCallWords({
  machine,
  pid,
  process,
  name,
  arguments: values,
  longestNs,
  requests,
  of,
}: ServerCall): string {
  return `${process}[${pid}] on ${machine} sat in ${name}(${values}) for up to ${formatLength(longestNs)}: ${requests} of ${count(of, 'slow request')}`;
}

/** How every call that sleeps leaves the CPU. */
const SCHEDULER = new Set(['__schedule', 'schedule', 'preempt_schedule', 'schedule_timeout', 'io_schedule']);

/** Where it was, the innermost first: in the kernel, then in the program. */
export function serverCallStack({ kernelStack = [], userStack = [] }: ServerCall): string[] {
  const slept = kernelStack.findIndex((frame) => !SCHEDULER.has(frame));
  return [...kernelStack.slice(Math.max(0, slept)).slice(0, SHOWN_FRAMES), ...userStack.slice(0, SHOWN_FRAMES)];
}
