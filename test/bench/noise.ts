import { judgeNoise, NOISES } from '../detect/noise-streams.js';
import type { Part } from './part.js';

/** Together some 10^8. */
const PROBES_OF_EACH = 5_600_000;
const SEED = 2_024;

/** How often noise alone is taken for a stall, by simulated probes of each kind of noise. */
export const noise: Part = {
  name: 'noise',
  about: 'false stalls among 10^8 simulated probes of noise, at default settings',
  run: async ({ say }) => {
    const found = NOISES.map((one) => {
      say(one.name);
      return judgeNoise(one, PROBES_OF_EACH, SEED);
    });
    const total = (of: (one: (typeof found)[number]) => number): number => found.reduce((sum, one) => sum + of(one), 0);
    const probes = total((one) => one.probes);
    const right = (title: string) => ({ title, align: 'right' }) as const;
    return {
      tables: [
        {
          title: 'stalls found in noise',
          columns: [{ title: 'noise' }, ...['probes', 'false', 'of two', 'held indeed', 'marked', 'spikes'].map(right)],
          rows: found.map((one) => [
            one.name,
            String(one.probes),
            String(one.false),
            String(one.falsePairs),
            String(one.true),
            String(one.marked),
            String(one.spikes),
          ]),
        },
      ],
      targets: [
        {
          asked: `no false stall of three probes in ${probes.toExponential(1)}`,
          measured: String(total((one) => one.false - one.falsePairs)),
          met: total((one) => one.false - one.falsePairs) === 0,
        },
      ],
      data: found,
    };
  },
};
