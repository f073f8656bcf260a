import { formatLength, formatMs } from '../../format/duration.js';
import { printableValue } from '../../format/printable.js';
import { formatTable } from '../../format/table.js';
import type { Summary } from '../../model/summary.js';

/** Paths shown; the ones with stalls first. */
const PATHS_SHOWN = 16;

export interface BisectStanding {
  readonly summaries: readonly Summary[];
  readonly elapsedNs: number;
  readonly leading: { readonly cause: string; readonly probability: number } | null;
  /** What is still missing for a verdict. */
  readonly why: string;
}

/** Where a bisection stands, as lines for a terminal of `width` columns. */
export function bisectProgress(standing: BisectStanding, width: number): string[] {
  const { summaries, elapsedNs, leading, why } = printableValue(standing);
  const shown = [...summaries].sort((a, b) => b.stalls - a.stalls || b.spikes - a.spikes).slice(0, PATHS_SHOWN);
  const seconds = Math.max(1, elapsedNs / 1e9);
  const rows = shown.map((summary) => [
    summary.path,
    `${Math.round(summary.sent / seconds)}/s`,
    summary.rttNs ? formatMs(summary.rttNs.max) : '-',
    String(summary.spikes),
    String(summary.stalls),
  ]);
  const right = 'right' as const;
  const table = formatTable(
    [
      { title: 'path' },
      { title: 'rate', align: right },
      { title: 'max', align: right },
      { title: 'spikes', align: right },
      { title: 'stalls', align: right },
    ],
    rows,
  );
  const hidden = summaries.length > shown.length ? [`… ${summaries.length - shown.length} paths more`] : [];
  const head = leading === null ? 'nothing yet' : `${leading.cause} ${leading.probability.toFixed(3)}`;
  const state = `${formatLength(Math.floor(elapsedNs / 1e9) * 1e9)} · leading: ${head} · ${why}`;
  return [...table, ...hidden, state].map((line) =>
    line.length < width ? line : `${line.slice(0, Math.max(0, width - 2))}…`,
  );
}
