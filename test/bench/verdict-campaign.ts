import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type KeptCampaign, keepFigures, withCampaign } from './inference-page.js';
import { runTrial, type Trial } from './verdict-trial.js';

export interface CampaignOptions {
  readonly scenarios: number;
  readonly seed: number;
  /** Threads beside this one; 0 runs them here. */
  readonly workers?: number;
  readonly onProgress?: (done: number, all: number) => void;
}

/** What a campaign came to. */
export interface Campaign {
  readonly trials: readonly Trial[];
  /** How often a truth was called what, among all scenarios. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By what the verdict claims, and how often the cause that it names first is the true one. */
  readonly calibration: readonly { readonly from: number; readonly verdicts: number; readonly right: number }[];
  /** Verdicts at 0.9 and more that name another cause first than the true one. */
  readonly surelyWrong: number;
  readonly tellable: { readonly scenarios: number; readonly right: number; readonly wrong: number };
  readonly others: { readonly scenarios: number; readonly wrong: number };
}

/** Runs random scenarios, the same ones for the same seed whatever the number of threads. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const seeds = Array.from({ length: options.scenarios }, (_, i) => options.seed + i);
  const trials = (options.workers ?? 0) === 0 ? inThisThread(seeds, options) : await inThreads(seeds, options);
  return summarize(trials.sort((a, b) => a.seed - b.seed));
}

function inThisThread(seeds: readonly number[], { onProgress }: CampaignOptions): Trial[] {
  return seeds.map((seed, i) => {
    const trial = runTrial(seed);
    onProgress?.(i + 1, seeds.length);
    return trial;
  });
}

async function inThreads(seeds: readonly number[], { workers = 2, onProgress }: CampaignOptions): Promise<Trial[]> {
  const trials: Trial[] = [];
  await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const own = seeds.filter((_, i) => i % workers === worker);
      return new Promise<void>((resolve, reject) => {
        const thread = new Worker(fileURLToPath(import.meta.url), { workerData: { seeds: own } });
        thread.on('message', (trial: Trial) => {
          trials.push(trial);
          onProgress?.(trials.length, seeds.length);
        });
        thread.on('error', reject);
        thread.on('exit', () => resolve());
      });
    }),
  );
  return trials;
}

/** @param trials in the order of their seeds */
export function summarize(trials: readonly Trial[]): Campaign {
  const confusion: Record<string, Record<string, number>> = {};
  for (const { truth, said } of trials) {
    const row = confusion[truth] ?? {};
    row[said] = (row[said] ?? 0) + 1;
    confusion[truth] = row;
  }
  const named = trials.filter(({ said }) => said !== 'inconclusive');
  const calibration = [0, 0.5, 0.6, 0.7, 0.8, 0.9].map((from, i, all) => {
    const bin = named.filter(({ probability }) => probability >= from && probability < (all[i + 1] ?? 2));
    return { from, verdicts: bin.length, right: bin.filter(({ exact }) => exact).length };
  });
  const tellable = trials.filter((trial) => trial.tellable);
  const others = trials.filter((trial) => !trial.tellable);
  const count = (some: readonly Trial[], outcomes: readonly string[]): number =>
    some.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    trials,
    confusion,
    calibration,
    surelyWrong: named.filter(({ exact, probability }) => !exact && probability >= 0.9).length,
    tellable: {
      scenarios: tellable.length,
      right: count(tellable, ['right']),
      wrong: count(tellable, ['wrong', 'missed']),
    },
    others: { scenarios: others.length, wrong: count(others, ['wrong', 'missed']) },
  };
}

/** The tables of a campaign, for people. */
export function campaignText({ trials, confusion, calibration, surelyWrong, tellable, others }: Campaign): string {
  const said = [...new Set(trials.map((trial) => trial.said))].sort();
  const width = Math.max(...said.map((name) => name.length), 5) + 2;
  const rows = Object.keys(confusion).sort();
  const first = Math.max(...rows.map((name) => name.length)) + 2;
  const lines = [
    `${'true \\ said'.padEnd(first)}${said.map((name) => name.padStart(width)).join('')}`,
    ...rows.map(
      (row) =>
        `${row.padEnd(first)}${said.map((name) => String(confusion[row]?.[name] ?? '.').padStart(width)).join('')}`,
    ),
    '',
    'claimed       verdicts   the true cause is named first',
    ...calibration.map(({ from, verdicts, right }) => {
      const share = verdicts === 0 ? '' : `  ${((100 * right) / verdicts).toFixed(1)} %`;
      return `from ${from.toFixed(1)}${String(verdicts).padStart(14)}${String(right).padStart(8)}${share}`;
    }),
    '',
    `named another than the true cause at 0.9 and more: ${surelyWrong}`,
    `can be told apart: ${tellable.right} of ${tellable.scenarios} right (${((100 * tellable.right) / Math.max(1, tellable.scenarios)).toFixed(1)} %), ${tellable.wrong} wrong`,
    `cannot: ${others.wrong} of ${others.scenarios} wrong`,
    `median time to a settled verdict: ${medianSettled(trials)} s`,
  ];
  return `${lines.join('\n')}\n`;
}

function medianSettled(trials: readonly Trial[]): number {
  const times = trials.flatMap(({ settled, endS, said }) => (settled && said !== 'healthy' ? [endS] : []));
  return times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

/** What docs/inference.json keeps of it. */
export function keptOf({ trials, calibration, surelyWrong, tellable, others }: Campaign): KeptCampaign {
  return { seed: trials[0]?.seed ?? 0, scenarios: trials.length, tellable, others, surelyWrong, calibration };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false } },
  });
  const [scenarios = 2_000, seed = 1] = positionals.map(Number);
  const began = performance.now();
  const onProgress = (done: number, all: number): void => {
    if (done % 20 === 0)
      process.stderr.write(`\r${done} of ${all}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
  };
  const campaign = await runCampaign({ scenarios, seed, workers: 2, onProgress });
  process.stderr.write('\n');
  for (const trial of campaign.trials) {
    const bad =
      (!trial.exact && trial.said !== 'inconclusive' && trial.probability >= 0.9) ||
      trial.outcome === 'wrong' ||
      trial.outcome === 'missed' ||
      (trial.tellable && trial.outcome !== 'right');
    if (bad) {
      const { truth, said, probability, outcome, tellable, notes } = trial;
      process.stdout.write(
        `${trial.seed}: ${outcome}${tellable ? '' : ' (cannot be told)'}: ${truth} called ${said} (${probability}); ${notes}\n`,
      );
    }
  }
  process.stdout.write(`\n${campaignText(campaign)}`);
  if (values.write) keepFigures((kept) => withCampaign(kept, keptOf(campaign)));
}

if (!isMainThread) {
  for (const seed of (workerData as { seeds: readonly number[] }).seeds) parentPort?.postMessage(runTrial(seed));
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
