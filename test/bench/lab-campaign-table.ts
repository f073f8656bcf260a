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

export interface Row extends Cell {
  readonly standing: Standing;
  readonly culprit: CulpritStanding;
  readonly words: string;
  readonly verdict: Pick<Verdict, 'cause' | 'where' | 'probability' | 'indistinguishable' | 'incidents'> & {
    readonly kind: string | null;
  };
  readonly accused: Accused | null;
  readonly seconds: number;
  /** That the injector made meanwhile. */
  readonly stalls: number;
  /** Of the machine itself. */
  readonly longestPauseNs: number;
  /** Kept where the verdict or the culprit is wrong. */
  readonly recording: string | null;
}

export const cellName = ({ fault, seed, queues, load, vantage }: Cell): string =>
  `${fault} seed ${seed}, ${queues} queues, ${load}, vantage ${vantage}`;

/** How the verdicts stand by fault and by circumstance, for people. */
export function campaignTables(rows: readonly Row[]): string {
  const groups: readonly (readonly [string, (row: Row) => boolean])[] = [
    ...FAULT_NAMES.map((fault) => [fault, (row: Row) => row.fault === fault] as const),
    ...['quiet', 'busy'].map((load) => [load, (row: Row) => row.load === load] as const),
    ...['yes', 'no'].map((vantage) => [`vantage ${vantage}`, (row: Row) => row.vantage === vantage] as const),
    ...[...new Set(rows.map((row) => row.queues))].map(
      (queues) => [`${queues} queues`, (row: Row) => row.queues === queues] as const,
    ),
    ['all', () => true],
  ];
  const columns = ['', ...STANDINGS, 'culprit right', 'none', 'wrong', 'median s'];
  const cells = groups.flatMap(([title, wanted]) => {
    const own = rows.filter(wanted);
    if (own.length === 0) return [];
    const count = (test: (row: Row) => boolean): string => String(own.filter(test).length || '.');
    return [
      [
        title,
        ...STANDINGS.map((standing) => count((row) => row.standing === standing)),
        ...(['right', 'none', 'wrong'] as const).map((who) => count((row) => row.culprit === who)),
        median(own.map((row) => row.seconds)).toFixed(0),
      ],
    ];
  });
  const table = formatTable(
    columns.map((title, index) => (index === 0 ? { title } : { title, align: 'right' as const })),
    cells,
  );
  return [
    ...table,
    '',
    'alike: the truth is among what it says it cannot tell apart; accuses: wrong with a probability of 0.9 and more',
  ].join('\n');
}
