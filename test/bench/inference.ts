import { benchInference } from './inference-bench.js';
import type { Part } from './part.js';

const PATHS: readonly number[] = [10, 30, 100];
const WANTED_S = 1;

/** What it costs to come to a verdict while a run goes on. */
export const inference: Part = {
  name: 'inference',
  about: 'processor time of the inference in a run of 60 s with some 300 incidents, by number of paths',
  run: async ({ say }) => {
    const found = PATHS.map((paths) => {
      const cost = benchInference(paths);
      say(`${cost.paths} paths: ${cost.cpuS.toFixed(2)} s`);
      return cost;
    });
    const right = (title: string) => ({ title, align: 'right' }) as const;
    return {
      tables: [
        {
          title: 'inference',
          columns: [
            ...['paths', 'incidents', 'CPU s', 'of it samples', 'the verdict'].map(right),
            { title: 'verdict' },
          ],
          rows: found.map((one) => [
            String(one.paths),
            String(one.incidents),
            one.cpuS.toFixed(2),
            one.samplesS.toFixed(2),
            one.verdictS.toFixed(2),
            one.verdict,
          ]),
        },
      ],
      targets: found.map(({ paths, incidents, cpuS }) => ({
        asked: `≤ ${WANTED_S} s (${incidents} incidents, ${paths} paths)`,
        measured: cpuS.toFixed(2),
        met: cpuS <= WANTED_S,
      })),
      data: found,
    };
  },
};
