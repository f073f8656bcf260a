import { noSingleProbes } from '../run-series.js';

/** Whether a text is the report of autocannon in JSON. */
const AUTOCANNON = /"latency":\s*\{[^}]*"p97_5"/;
const OHA_JSON = /"latencyPercentiles"\s*:/;
const WRK = /^Running \S+ test @ /;

/** Reports of load tests that have no single requests in them: which it is, and what to do instead. */
export const LOAD_REPORTS: readonly [is: (line: string) => boolean, refuse: (lines: readonly string[]) => never][] = [
  [
    (line) => AUTOCANNON.test(line),
    (lines) => {
      const text = lines.join('\n');
      const number = (name: string): string =>
        new RegExp(`"latency":\\s*\\{[^}]*"${name}":\\s*([\\d.]+)`).exec(text)?.[1] ?? '?';
      throw noSingleProbes(
        'a report of autocannon',
        [`p50 ${number('p50')} ms, p99 ${number('p99')} ms, max ${number('max')} ms`],
        'autocannon writes no single requests: probe --http does, or vegeta encode',
      );
    },
  ],
  [
    (line) => OHA_JSON.test(line),
    (lines) => {
      const text = lines.join('\n');
      const number = (name: string): string => new RegExp(`"${name}":\\s*([\\d.eE-]+)`).exec(text)?.[1] ?? '?';
      throw noSingleProbes(
        'a report of oha',
        [`p50 ${number('p50')} s, p99 ${number('p99')} s, slowest ${number('slowest')} s`],
        'oha --output-format csv has the single requests',
      );
    },
  ],
  [
    (line) => WRK.test(line),
    (lines) => {
      const found = lines.flatMap(
        (line) => /^\s*(\d+(?:\.\d+)?)%\s+(\d[\d.]*(?:us|ms|s|m))\s*$/.exec(line)?.slice(1, 3).join('% ') ?? [],
      );
      const latency = lines.find((line) => /^\s*Latency\s+\d/.test(line));
      throw noSingleProbes(
        'a report of wrk or wrk2',
        [...found, ...(found.length === 0 && latency !== undefined ? [latency.trim().replace(/ +/g, ' ')] : [])],
        'wrk writes no single requests: probe --http does, or vegeta encode',
      );
    },
  ],
];
