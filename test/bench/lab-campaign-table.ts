import { formatTable } from '../../src/format/table.js';
import { FAULT_NAMES, type FaultName } from '../../src/lab/fault-plan.js';
import type { Accused } from '../../src/model/explanation.js';
import type { Verdict } from '../../src/model/verdict.js';
import { type CulpritStanding, STANDINGS, type Standing } from '../verdicts/expected.js';
import { median } from './quantile.js';

/** What is tried once: a fault under one set of circumstances. */
export interface Cell {
  readonly fault: FaultName;
  readonly seed: number;
  /** Receive queues of every host. */
  readonly queues: number;
  /** `busy`: four busy loops beside it. */
  readonly load: 'quiet' | 'busy';
  /** Whether the bad node has a vantage. */
  readonly vantage: 'yes' | 'no';
}

/** What a cell came to. */
export interface Tried extends Cell {
  readonly standing: Standing;
  readonly culprit: CulpritStanding;
  readonly seconds: number;
}

export interface Row extends Tried {
  readonly words: string;
  readonly verdict: Pick<Verdict, 'cause' | 'where' | 'probability' | 'indistinguishable' | 'incidents'> & {
    readonly kind: string | null;
  };
  readonly accused: Accused | null;
  /** That the injector made meanwhile. */
  readonly stalls: number;
  /** Of the machine itself. */
  readonly longestPauseNs: number;
  /** Kept where the verdict or the culprit is wrong. */
  readonly recording: string | null;
}

export const cellName = ({ fault, seed, queues, load, vantage }: Cell): string =>
  `${fault} seed ${seed}, ${queues} queues, ${load}, vantage ${vantage}`;

const GROUPED: readonly (readonly [string, (row: Cell) => boolean])[] = [
  ...FAULT_NAMES.map((fault) => [fault, (row: Cell) => row.fault === fault] as const),
  ...['quiet', 'busy'].map((load) => [load, (row: Cell) => row.load === load] as const),
  ...['yes', 'no'].map((vantage) => [`vantage ${vantage}`, (row: Cell) => row.vantage === vantage] as const),
  ...[1, 2, 4, 8].map((queues) => [`${queues} queues`, (row: Cell) => row.queues === queues] as const),
  ['all', () => true],
];
const COLUMNS = ['', ...STANDINGS, 'culprit right', 'none', 'wrong', 'median s'];

/** How the verdicts stand by fault and by circumstance: a line a group that has any. */
function campaignLines(rows: readonly Tried[]): string[][] {
  return GROUPED.flatMap(([title, wanted]) => {
    const own = rows.filter(wanted);
    if (own.length === 0) return [];
    const count = (test: (row: Tried) => boolean): string => String(own.filter(test).length || '.');
    return [
      [
        title,
        ...STANDINGS.map((standing) => count((row) => row.standing === standing)),
        ...(['right', 'none', 'wrong'] as const).map((who) => count((row) => row.culprit === who)),
        median(own.map((row) => row.seconds)).toFixed(0),
      ],
    ];
  });
}

const LEGEND =
  'alike: the truth is among what it says it cannot tell apart; accuses: wrong with a probability of 0.9 and more';

/** For people who wait for it. */
export function campaignTables(rows: readonly Tried[]): string {
  const table = formatTable(
    COLUMNS.map((title, index) => (index === 0 ? { title } : { title, align: 'right' as const })),
    campaignLines(rows),
  );
  return [...table, '', LEGEND].join('\n');
}

/** For docs/inference.md. */
export function campaignMarkdown(rows: readonly Tried[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(COLUMNS),
    line(COLUMNS.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...campaignLines(rows).map(line),
    '',
    `${LEGEND}.`,
    '',
  ].join('\n');
}
