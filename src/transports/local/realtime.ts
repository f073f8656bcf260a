import { spawnSync } from 'node:child_process';

const REALTIME = ['chrt', '--fifo', '1'] as const;

/**
 * The words that start a program with real-time priority, as the native prober has it, where this process may give it;
 * else none. A program that stamps in user space is otherwise late by whatever else the machine has to do.
 */
export function realtimeWords(): readonly string[] {
  // It also fails where control groups have no real-time share (CONFIG_RT_GROUP_SCHED).
  return spawnSync(REALTIME[0], [...REALTIME.slice(1), 'true'], { stdio: 'ignore' }).status === 0 ? REALTIME : [];
}
