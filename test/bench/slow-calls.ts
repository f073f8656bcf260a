import { type Compared, compareWays, THRESHOLD_NS, WORKLOADS } from '../e2e/slow-calls.js';
import type { Part, PartResult, Setting } from './part.js';
import { spread } from './quantile.js';

/** Milliseconds that a length may be off. */
const LENGTH_MS = 2;

/** Whether long calls are found without a hook on every call. */
export const slowCalls: Part = {
  name: 'slow-calls',
  about: 'ten workloads, each traced with `--min 10ms` and with `--min 10ms --exact` at once: missed and false calls',
  run,
};

async function run({ say }: Setting): Promise<PartResult> {
  const found: (Compared & { readonly name: string })[] = [];
  for (const [name, body] of Object.entries(WORKLOADS)) {
    say(name);
    found.push({ name, ...(await compareWays(body)) });
  }
  const sum = (key: 'long' | 'missed' | 'wrong' | 'unproven') => found.reduce((total, one) => total + one[key], 0);
  const ms = (ns: number) => (ns / 1e6).toFixed(2);
  const errors = spread(found.flatMap(({ errorsNs }) => errorsNs));
  return {
    tables: [
      {
        title: `Calls of twice ${THRESHOLD_NS / 1e6} ms and more`,
        columns: [
          { title: 'workload' },
          ...['long', 'missed', 'false', 'unproven', 'length off by, p50', 'max'].map((title) => ({
            title,
            align: 'right' as const,
          })),
        ],
        rows: found.map(({ name, long, missed, wrong, unproven, errorsNs }) => {
          const { p50, max } = errorsNs.length === 0 ? { p50: 0, max: 0 } : spread([...errorsNs]);
          return [
            name,
            String(long),
            String(missed),
            String(wrong),
            String(unproven),
            `${ms(p50)} ms`,
            `${ms(max)} ms`,
          ];
        }),
      },
    ],
    targets: [
      {
        asked: 'every single wait or run of twice the threshold is found, and none that is not',
        measured: `${sum('missed')} of ${sum('long')} missed, ${sum('wrong')} false, ${sum('unproven')} told as unproven`,
        met: sum('missed') + sum('wrong') === 0,
      },
      {
        asked: `lengths within ${LENGTH_MS} ms`,
        measured: `p99 ${ms(errors.p99)} ms, max ${ms(errors.max)} ms`,
        met: errors.max <= LENGTH_MS * 1e6,
      },
    ],
    data: found,
    notes: [],
  };
}
