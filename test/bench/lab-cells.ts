import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FaultName } from '../../src/lab/fault-plan.js';
import type { CulpritStanding, Standing } from '../verdicts/expected.js';
import { type Cell, cellName, type Row, type Tried } from './lab-campaign-table.js';

/** docs/lab-campaign.csv, from which the marked part of docs/inference.md is made. */
const FILE = fileURLToPath(new URL('../../../docs/lab-campaign.csv', import.meta.url));
const HEADER = 'fault,seed,queues,load,vantage,standing,culprit,verdict,probability,seconds,commit';

/** A cell of the lab campaign as it is kept: a line, and of which build. */
export interface KeptCell extends Tried {
  /** `cause@machines`, several of them with a plus between them. */
  readonly verdict: string;
  readonly probability: number;
  /** What was built, as git names it. */
  readonly commit: string;
}

/** @throws Error where the text has other columns */
export function parseCells(text: string): KeptCell[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  if (header !== HEADER) throw new Error(`docs/lab-campaign.csv begins with ${header}`);
  return lines.map((line) => {
    const [fault, seed, queues, load, vantage, standing, culprit, verdict = '', probability, seconds, commit = ''] =
      line.split(',');
    return {
      fault: fault as FaultName,
      seed: Number(seed),
      queues: Number(queues),
      load: load as Cell['load'],
      vantage: vantage as Cell['vantage'],
      standing: standing as Standing,
      culprit: culprit as CulpritStanding,
      verdict,
      probability: Number(probability),
      seconds: Number(seconds),
      commit,
    };
  });
}

/** One line a cell, by name, so that a further campaign changes the lines of its own cells only. */
export function printCells(cells: readonly KeptCell[]): string {
  const lines = cells.map((cell) =>
    [
      ...[cell.fault, cell.seed, cell.queues, cell.load, cell.vantage, cell.standing, cell.culprit, cell.verdict],
      ...[cell.probability.toFixed(3), cell.seconds.toFixed(1), cell.commit],
    ].join(','),
  );
  return `${[HEADER, ...lines.sort()].join('\n')}\n`;
}

export function keptCells(): KeptCell[] {
  return existsSync(FILE) ? parseCells(readFileSync(FILE, 'utf8')) : [];
}

/** A row in the place of the one of before of its cell, or beside the others. */
export function keepCell(row: Row): void {
  const { fault, seed, queues, load, vantage, standing, culprit, seconds, verdict } = row;
  const where = verdict.where === null ? [] : [verdict.where].flat();
  const fresh: KeptCell = {
    ...{ fault, seed, queues, load, vantage, standing, culprit, seconds },
    verdict: `${verdict.cause}@${[...where].sort().join('+')}`,
    probability: verdict.probability,
    commit: built(),
  };
  const others = keptCells().filter((cell) => cellName(cell) !== cellName(fresh));
  writeFileSync(FILE, printCells([...others, fresh]));
}

let commit: string | undefined;

function built(): string {
  commit ??= execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return commit;
}
