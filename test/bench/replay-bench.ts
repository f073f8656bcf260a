import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replay } from '../../src/commands/recording/replay.js';
import { SECOND } from '../../src/model/time.js';
import { fakeIo } from '../commands/fake-io.js';
import { buildRecording } from '../recording/build-recording.js';

const REPEATS = 2;

/** What replay, detection included, makes of a recording of one path in blocks of 50 ms. */
export interface ReplayRate {
  readonly ending: string;
  readonly samples: number;
  readonly bytesPerSample: number;
  readonly perSecond: number;
  /** Processor time of the whole process, reading and unpacking included. */
  readonly cpuNsPerSample: number;
  /** Resident memory afterwards. */
  readonly residentBytes: number;
  readonly report: string;
}

/** Records `samples` once for each ending, and replays. */
export async function benchReplay(samples: number, endings: readonly string[]): Promise<ReplayRate[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-replay-'));
  try {
    const rates: ReplayRate[] = [];
    for (const ending of endings) {
      const file = join(folder, `bench.rxr${ending}`);
      await buildRecording(file, { samples, stallEveryNs: 10 * SECOND });
      // The first time compiles; of the others the one that the rest of the machine disturbed least counts.
      let best = await once(file, samples);
      for (let again = 0; again < REPEATS; again += 1) {
        const rate = await once(file, samples);
        if (rate.cpuNsPerSample < best.cpuNsPerSample) best = rate;
      }
      rates.push({ ...best, ending });
    }
    return rates;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function once(file: string, samples: number): Promise<Omit<ReplayRate, 'ending'>> {
  const { io, out } = fakeIo();
  const from = performance.now();
  const cpu = process.cpuUsage();
  await replay({ file, format: 'text', quiet: true, explain: false, failOn: [], speed: 0 }, io);
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    samples,
    bytesPerSample: statSync(file).size / samples,
    perSecond: samples / seconds,
    cpuNsPerSample: ((user + system) * 1_000) / samples,
    residentBytes: process.memoryUsage().rss,
    report: out(),
  };
}
