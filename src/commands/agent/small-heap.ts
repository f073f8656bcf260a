import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is left over grows by a MB in that time; collecting it takes about 20 ms, in which the helpers go on. */
const COLLECT_MS = 10_000;

/**
 * Keeps the heap of a process small that lives for months beside others. An agent makes many short-lived objects and
 * keeps few. The young generation stays at its first size (installation/small-process.ts), and what survives it for a
 * while is collected regularly: V8 waits until the heap has nearly doubled.
 *
 * @returns ends that
 */
export function keepHeapSmall(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') return () => {};
  const timer = setInterval(() => collect(), COLLECT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
