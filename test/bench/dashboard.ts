import { setTimeout as sleep } from 'node:timers/promises';
import { RXRAY } from '../e2e/rxray.js';
import { TmuxTerminal } from '../e2e/tmux-terminal.js';
import { withNamespaces } from './namespace.js';
import { owing } from './owed.js';
import type { Part, PartResult, Setting } from './part.js';
import { readMeter } from './process-meter.js';
import { median } from './quantile.js';

const NAMESPACE = 'rxray-bench-dash';
const PATHS = 20;
const START_MS = 3_000;
const ROUNDS = 3;
const LIMIT = 0.1;

const targets = Array.from({ length: PATHS }, (_, i) => `127.0.0.${i + 1}`);

interface Size {
  readonly columns: number;
  readonly rows: number;
}
const SIZES: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
  { columns: 300, rows: 80 },
];

interface Cost {
  readonly view: string;
  /** Of one CPU, the whole Node.js process: reading, detecting and painting. */
  readonly shares: readonly number[];
  readonly residentBytes: number;
}

/** What the dashboard costs beside the same run without it. */
export const dashboard: Part = {
  name: 'dashboard',
  about: `processor time of the Node.js process with ${PATHS} paths at 100 probes/s, with the dashboard and without`,
  run: (setting) =>
    withNamespaces([NAMESPACE], async () => {
      const found: Cost[] = [await measure(setting, 'without', ['-q'], { columns: 80, rows: 24 }, 'probe')];
      for (const size of SIZES) {
        found.push(await measure(setting, `${size.columns} x ${size.rows}`, [], size, 'dash'));
      }
      return toResult(found);
    }),
};

async function measure(
  setting: Setting,
  view: string,
  options: readonly string[],
  size: Size,
  command: 'probe' | 'dash',
): Promise<Cost> {
  setting.say(`${command} ${view}`);
  const args = [command, ...targets, '--icmp', '--netns', NAMESPACE, ...options];
  const environment = { LC_ALL: 'C.UTF-8', NO_COLOR: '' };
  const terminal = new TmuxTerminal([process.execPath, RXRAY, ...args], { ...size, environment });
  return owing(
    () => terminal.close(),
    async () => {
      const pid = await terminal.process('node');
      await terminal.process('rxray-prober');
      // Compiling and the first frames are not what goes on for hours.
      await sleep(START_MS);
      const shares: number[] = [];
      let residentBytes = 0;
      const roundMs = Math.max(2_000, (setting.seconds * 1_000) / (2 * ROUNDS));
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = readMeter(pid, 'lo');
        const beganMs = performance.now();
        await sleep(roundMs);
        const after = readMeter(pid, 'lo');
        shares.push((after.processorNs - before.processorNs) / ((performance.now() - beganMs) * 1e6));
        residentBytes = after.residentBytes;
      }
      return { view, shares, residentBytes };
    },
  );
}

function toResult(found: readonly Cost[]): PartResult {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return {
    tables: [
      {
        title: `${PATHS} paths, ICMP every 10 ms on loopback; median of ${ROUNDS}`,
        columns: [
          { title: 'terminal' },
          ...['% of a CPU', 'lowest', 'highest', 'resident MiB'].map((title) => ({ title, align: 'right' }) as const),
        ],
        rows: found.map(({ view, shares, residentBytes }) => [
          view,
          percent(median(shares)),
          percent(Math.min(...shares)),
          percent(Math.max(...shares)),
          (residentBytes / 2 ** 20).toFixed(0),
        ]),
      },
    ],
    targets: found
      .filter(({ view }) => view !== 'without')
      .map(({ view, shares }) => ({
        asked: `dashboard below ${100 * LIMIT} % of a CPU at ${view}`,
        measured: `${percent(median(shares))} %`,
        met: median(shares) < LIMIT,
      })),
    data: found,
    notes: ['The whole process: decoding frames, detectors and painting. The prober is a process of its own.'],
  };
}
