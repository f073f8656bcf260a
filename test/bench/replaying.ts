import type { Part } from './part.js';
import { benchReplay } from './replay-bench.js';

const WANTED_PER_SECOND = 4e6;
const SAMPLES = 3_000_000;

/** How fast recordings are replayed, detection included. */
export const replaying: Part = {
  name: 'replay',
  about: 'samples a second from a recording of one path to its findings',
  run: async () => {
    const found = await benchReplay(SAMPLES, ['', '.gz', '.zst']);
    return {
      tables: [
        {
          title: `replay of ${SAMPLES / 1e6} million samples in blocks of 5`,
          columns: [
            { title: 'file' },
            ...['bytes/sample', 'ns CPU/sample', 'million/s', 'resident MiB'].map(
              (title) => ({ title, align: 'right' }) as const,
            ),
          ],
          rows: found.map((one) => [
            `.rxr${one.ending}`,
            one.bytesPerSample.toFixed(1),
            one.cpuNsPerSample.toFixed(0),
            (one.perSecond / 1e6).toFixed(2),
            String(Math.round(one.residentBytes / 2 ** 20)),
          ]),
        },
      ],
      // By processor time, as what else runs on the machine is nobody's fault here; the table has both.
      targets: found.map(({ ending, cpuNsPerSample }) => ({
        asked: `≥ ${WANTED_PER_SECOND / 1e6} million samples per CPU second (.rxr${ending})`,
        measured: (1e3 / cpuNsPerSample).toFixed(2),
        met: 1e9 / cpuNsPerSample >= WANTED_PER_SECOND,
      })),
      data: found.map(({ report: _, ...figures }) => figures),
    };
  },
};
