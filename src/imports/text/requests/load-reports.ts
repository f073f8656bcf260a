import { noSingleProbes } from '../run-series.js';

/** Whether a text is the report of autocannon in JSON. */
const AUTOCANNON = /"latency":\s*\{[^}]*"p97_5"/;
const OHA_JSON = /"latencyPercentiles"\s*:/;
/** Before the first result gob names its fields; without the control characters between them. */
const VEGETA_GOB = /AttackSeqCode/;
/** wrk has it too, and is asked for before. */
const HEY = /^Requests\/sec: +[\d.]+/;
const HEY_CSV = /^response-time,DNS\+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset/;
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
    (line) => VEGETA_GOB.test(line),
    () => {
      throw noSingleProbes(
        'results of vegeta in its own encoding',
        [],
        'vegeta encode --to json FILE writes what is read',
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
  [
    (line) => HEY.test(line) || HEY_CSV.test(line),
    (lines) => {
      throw noSingleProbes(
        'a report of hey or oha',
        lines
          .filter((line) => /^(?:Slowest:|\d+(?:\.\d+)?% in )/.test(line))
          .map((line) => line.trim().replace(/\s+/g, ' ')),
        'oha --output-format csv has the single requests; hey tells of none precisely when it began: probe --http does, or vegeta encode',
      );
    },
  ],
];
