import { benchDetectors, type DetectCost } from './detect-bench.js';
import type { Part } from './part.js';

const WANTED_PER_SECOND = 5e6;
const ORDINARY = 'all normal';

const perSecond = ({ nsPerSample }: DetectCost): number => 1e9 / nsPerSample;

/** What the detectors cost a sample. */
export const detectors: Part = {
  name: 'detectors',
  about: 'samples a second through the detectors, in one thread',
  run: async () => {
    const found = benchDetectors();
    return {
      tables: [
        {
          title: 'detectors',
          columns: [
            { title: 'stream' },
            ...['samples', 'ns/sample', 'million/s', 'findings'].map((title) => ({ title, align: 'right' }) as const),
          ],
          rows: found.map((one) => [
            one.stream,
            String(one.samples),
            one.nsPerSample.toFixed(0),
            (perSecond(one) / 1e6).toFixed(1),
            String(one.findings),
          ]),
        },
      ],
      // Nearly all that a detector ever sees is normal; the other streams show what the rest costs.
      targets: found
        .filter(({ stream }) => stream.startsWith(ORDINARY))
        .map((one) => ({
          asked: `≥ 5 million samples/s (${one.stream})`,
          measured: `${(perSecond(one) / 1e6).toFixed(1)}`,
          met: perSecond(one) >= WANTED_PER_SECOND,
        })),
      data: found,
    };
  },
};
