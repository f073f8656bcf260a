import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FAULT_NAMES, type FaultName, isFault, type MsRange, overlayOfFault } from '../../src/lab/fault-plan.js';
import { type LabStatus, labDown, labUp } from '../../src/lab/lab.js';
import { type LabTrial, labTrial, PERIOD_MS, takesCpu, trialWords } from '../verdicts/lab-trial.js';
import { startBusyLoops } from './busy-loops.js';
import { writeInferencePage } from './inference-page.js';
import { type Cell, campaignTables, cellName, type Row } from './lab-campaign-table.js';
import { keepCell, keptCells } from './lab-cells.js';
import { owing, undoOnSignal } from './owed.js';

/** A healthy verdict needs a minute. */
const HEALTHY_S = 75;
/** Busy loops end by themselves some day, whatever becomes of this process. */
const LOOPS_S = 7_200;
const LAST_CELL_S = 120;

export interface LabCampaign {
  readonly cells: readonly Cell[];
  /** Name of the labs that are brought up, a number behind it. */
  readonly lab: string;
  /** Of faults that take no CPU so many are tried at a time, each in a lab of its own; the others have the machine. */
  readonly labs: number;
  /** From stall to stall. */
  readonly periodMs: MsRange;
  readonly atMostS: number;
  /** Rows so far, one JSON object a line; cells that stand there are not run again. */
  readonly file: string;
  /** No further cell is begun after so long; `--resume` goes on where it ended. */
  readonly atMostMinutes: number;
  /** Asked from the request down, whatever the fault: wire or server. */
  readonly requests: boolean;
  /** Folder for the recordings of verdicts that are wrong. */
  readonly recordings: string;
  /** Each row goes into docs/lab-campaign.csv too; cells that stand there already are not run again either. */
  readonly keeps: boolean;
}

/** Runs every cell that the file does not have yet; a lab serves for all cells of a number of queues. */
export async function labCampaign(campaign: LabCampaign): Promise<readonly Row[]> {
  const { cells, lab, file, recordings, keeps } = campaign;
  const endMs = performance.now() + campaign.atMostMinutes * 60_000;
  const rows = readRows(file);
  const done = new Set([...rows, ...(keeps ? keptCells() : [])].map(cellName));
  const open = cells.filter((cell) => !done.has(cellName(cell)));
  const before = rows.length;
  mkdirSync(recordings, { recursive: true });
  const names = Array.from({ length: campaign.labs }, (_, index) => `${lab}-${index + 1}`);
  const work = async (name: string, own: Cell[]): Promise<void> => {
    for (let cell = own.shift(); cell !== undefined && performance.now() < endMs; cell = own.shift()) {
      const row = await runCell(cell, await labUp({ name, queues: cell.queues }, () => {}), campaign);
      appendFileSync(file, `${JSON.stringify(row)}\n`);
      if (keeps) keepCell(row);
      rows.push(row);
      console.log(`${rows.length - before} of ${open.length}  ${cellName(cell)}: ${row.words}`);
    }
  };
  const labsDown = async (): Promise<void> => {
    for (const name of names) await labDown({ name }, () => {});
  };
  await owing(labsDown, async () => {
    for (const [queues, load] of circumstances(open)) {
      const own = open.filter((cell) => cell.queues === queues && cell.load === load);
      if (performance.now() > endMs) break;
      const loops =
        load === 'busy'
          ? startBusyLoops(Math.min(LOOPS_S, LAST_CELL_S + (endMs - performance.now()) / 1_000))
          : undefined;
      await owing(
        () => loops?.stop(),
        async () => {
          const aside = own.filter(({ fault }) => !takesCpu(fault));
          await Promise.all(names.map((name) => work(name, aside)));
          await work(
            names[0] ?? lab,
            own.filter(({ fault }) => takesCpu(fault)),
          );
        },
      );
    }
  });
  return rows.filter((row) => cells.some((cell) => cellName(cell) === cellName(row)));
}

/** Each number of queues with each load, in the order of the cells. */
function circumstances(cells: readonly Cell[]): (readonly [queues: number, load: Cell['load']])[] {
  const all = new Map(cells.map(({ queues, load }) => [`${queues} ${load}`, [queues, load] as const]));
  return [...all.values()];
}

async function runCell(
  cell: Cell,
  lab: LabStatus,
  { atMostS, periodMs, recordings, requests }: LabCampaign,
): Promise<Row> {
  const recording = join(recordings, `${cellName(cell).replaceAll(/[ ,]+/g, '-')}.rxr.zst`);
  const longestS = cell.fault === 'none' ? HEALTHY_S : atMostS;
  const trial = await labTrial({
    lab,
    seed: cell.seed,
    faults: [cell.fault],
    atMostS: longestS,
    within: cell.vantage === 'yes',
    periodMs,
    requests,
    args: ['--record', recording],
  });
  const kept = trial.standing === 'wrong' || trial.standing === 'accuses' || trial.culprit === 'wrong';
  if (!kept) rmSync(recording, { force: true });
  return rowOf(cell, trial, kept ? recording : null);
}

function rowOf(cell: Cell, trial: LabTrial, recording: string | null): Row {
  const { verdict, standing, culprit, seconds, longestPauseNs, truth } = trial;
  const { cause, where, kind, probability, indistinguishable, incidents } = verdict;
  return {
    ...cell,
    standing,
    culprit,
    words: trialWords(trial),
    verdict: { cause, where, kind: kind ?? null, probability, indistinguishable, incidents },
    accused: verdict.culprit ?? null,
    seconds,
    stalls: truth.length,
    longestPauseNs,
    recording,
  };
}

function readRows(file: string): Row[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  // A line that an interrupt left unfinished is not a row.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

function rangeOf(text: string): MsRange {
  const [least = 0, most = least] = text.split('-').map(Number);
  return [least, most];
}

const words = (text: string): string[] => text.split(',');

function faultsOf(text: string | undefined): FaultName[] {
  // The lab of the campaign has its usual tunnel.
  const fits = (name: FaultName): boolean => [undefined, 'ipip'].includes(overlayOfFault(name));
  if (text === undefined) return FAULT_NAMES.filter(fits);
  for (const name of words(text)) {
    if (!isFault(name)) throw new Error(`the lab has no fault ${name}: ${FAULT_NAMES.join(', ')}`);
  }
  return words(text) as FaultName[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string' },
      seeds: { type: 'string', default: '1,2,3' },
      queues: { type: 'string', default: '1,2,4,8' },
      load: { type: 'string', default: 'quiet,busy' },
      vantage: { type: 'string', default: 'yes,no' },
      seconds: { type: 'string', default: '45' },
      period: { type: 'string', default: PERIOD_MS.join('-') },
      name: { type: 'string', default: 'campaign' },
      labs: { type: 'string', default: '2' },
      out: { type: 'string', default: 'verdicts-lab.ndjson' },
      recordings: { type: 'string', default: 'verdicts-lab-wrong' },
      requests: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      minutes: { type: 'string', default: 'Infinity' },
    },
  });
  if (!values.resume && existsSync(values.out)) renameSync(values.out, `${values.out}.before`);
  // Queues outermost: each number of them is one lab.
  const cells = words(values.queues).flatMap((queues) =>
    words(values.load).flatMap((load) =>
      words(values.vantage).flatMap((vantage) =>
        words(values.seeds).flatMap((seed) =>
          faultsOf(values.faults).map((fault) => ({
            fault,
            seed: Number(seed),
            queues: Number(queues),
            load: load as Cell['load'],
            vantage: vantage as Cell['vantage'],
          })),
        ),
      ),
    ),
  );
  const rows = await labCampaign({
    cells,
    atMostMinutes: Number(values.minutes),
    lab: values.name,
    labs: Number(values.labs),
    periodMs: rangeOf(values.period),
    atMostS: Number(values.seconds),
    file: values.out,
    requests: values.requests,
    recordings: values.recordings,
    keeps: values.write,
  });
  if (values.write) writeInferencePage();
  console.log(`\n${campaignTables(values.write ? keptCells() : rows)}`);
  if (rows.some((row) => row.standing === 'accuses' || row.culprit === 'wrong')) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  undoOnSignal();
  await main();
}
