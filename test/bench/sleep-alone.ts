import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { US } from '../../src/model/time.js';
import { startBusyLoops } from './busy-loops.js';
import { owing } from './owed.js';
import { type Spread, spread } from './quantile.js';
import type { Load } from './train.js';

const PROGRAM = '/usr/bin/cyclictest';
/** The prober's own. */
const PRIORITY = 10;
const PER_SECOND = 100;
const HISTOGRAM_US = 50_000;

/**
 * How late a thread wakes that only sleeps, every 10 ms at the prober's priority: what the machine leaves to be met.
 * Null without cyclictest (Debian's rt-tests).
 */
export async function sleepAlone(load: Load, seconds: number): Promise<Spread | null> {
  if (!existsSync(PROGRAM)) return null;
  const loops = load === 'busy' ? startBusyLoops(seconds + 5) : undefined;
  return owing(
    () => loops?.stop(),
    async () => {
      // biome-ignore format: one command line
      const args = ['--quiet', '--default-system', '-p', String(PRIORITY), '-i', String(1e6 / PER_SECOND),
        '-l', String(seconds * PER_SECOND), '-h', String(HISTOGRAM_US)];
      const { stdout } = await promisify(execFile)(PROGRAM, args, { maxBuffer: 16 << 20 });
      return latencies(stdout);
    },
  );
}

/** Of its histogram, a line a microsecond: `000021 000113`. What is beyond its end counts as its end. */
function latencies(text: string): Spread {
  const values: number[] = [];
  for (const [, us, count] of text.matchAll(/^(\d{6}) (\d{6})$/gm))
    for (let i = 0; i < Number(count); i += 1) values.push(Number(us) * US);
  const beyond = Number(/^# Histogram Overflows: (\d+)/m.exec(text)?.[1] ?? 0);
  for (let i = 0; i < beyond; i += 1) values.push(HISTOGRAM_US * US);
  return spread(values);
}
