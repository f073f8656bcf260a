import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

export interface BusyLoops {
  stop(): Promise<void>;
}

/** Keeps every CPU busy with ordinary processes, four or one for each CPU; they end by themselves after `seconds`. */
export function startBusyLoops(seconds: number): BusyLoops {
  const cpus = availableParallelism();
  const loops: ChildProcess[] = [];
  for (let index = 0; index < Math.max(4, cpus); index += 1) {
    // biome-ignore format: one command line
    loops.push(spawn('timeout', ['-k', '1', String(Math.ceil(seconds)), 'taskset', '-c', String(index % cpus), 'sh',
      '-c', 'while :; do :; done'], { stdio: 'ignore' }));
  }
  return {
    stop: async () => {
      const running = loops.filter((loop) => loop.exitCode === null && loop.signalCode === null);
      const ends = running.map((loop) => once(loop, 'exit'));
      for (const loop of running) loop.kill('SIGTERM');
      await Promise.all(ends);
    },
  };
}
