import type { ProberHello } from '../model/engine-event.js';

/** The text of a hello, as a helper writes it. */
export function encodeHello(hello: ProberHello): string {
  const { scheduling, schedulingWhy, memoryLocked, ...got } = hello.got;
  return JSON.stringify({
    event: 'hello',
    ...hello,
    got: { sched: scheduling, schedWhy: schedulingWhy, memlock: memoryLocked, ...got },
  });
}
