import { milliseconds } from '../../format/duration.js';
import type { ColumnName } from '../choices/choices.js';
import { orderedRows, selectedRow } from '../choices/choose.js';
import type { Condition } from '../drawing/glyphs.js';
import { fitLine, type Line, lineOf, type Span, type Style, shortenMiddle, span } from '../drawing/line.js';
import { rttStyle } from '../drawing/rtt-style.js';
import { sparkline } from '../drawing/sparkline.js';
import { SECONDS_KEPT } from '../state/path-seconds.js';
import type { PathRow } from '../state/snapshot.js';
import { percentText } from './figure-text.js';
import { pathLabel } from './path-label.js';
import type { ViewContext } from './view-context.js';

/** Width of each column, and what goes first where there is no room for all: the one with the highest number. */
const WIDTHS: Readonly<Record<Exclude<ColumnName, 'history'>, { width: number; goes: number }>> = {
  rate: { width: 5, goes: 6 },
  sent: { width: 8, goes: 8 },
  loss: { width: 6, goes: 2 },
  late: { width: 5, goes: 9 },
  p50: { width: 6, goes: 5 },
  p99: { width: 6, goes: 3 },
  max: { width: 6, goes: 1 },
  stalls: { width: 6, goes: 0 },
  spikes: { width: 6, goes: 7 },
};
/** Selection mark, glyph of the condition, and blanks. */
const MARKS = 4;
const LEAST_NAME = 22;
const LEAST_HISTORY = 10;
/** `path 148-153/200 +12■`: those shown, and how many that stalled are not. */
const TITLE = 22;

const CONDITION_STYLES: Readonly<Record<Condition, Style>> = {
  starting: 'dim',
  ok: 'ok',
  slow: 'warn',
  lossy: 'lost',
  stalled: 'stall',
  silent: 'bad',
  blind: 'dim',
};

interface Layout {
  readonly name: number;
  readonly columns: readonly Exclude<ColumnName, 'history'>[];
  /** 0: none. */
  readonly history: number;
}

/** A line of titles and one for each path; where they do not fit, those around the selected one. */
export function pathsView(context: ViewContext, width: number, height: number): Line[] {
  const rows = orderedRows(context.snapshot, context.choices);
  const selected = selectedRow(context.snapshot, context.choices);
  const room = Math.max(0, height - 1);
  const layout = layOut(
    rows.map(({ name }) => pathLabel(context, name)),
    context.choices.columns,
    { width, room },
  );
  const first = firstRow(selected === undefined ? -1 : rows.indexOf(selected), rows.length, room);
  const shown = rows.slice(first, first + room);
  return [
    titles(context, layout, { first, shown: shown.length, all: rows }, width),
    ...shown.map((row) => line(context, row, layout, row === selected, width)),
  ];
}

/** The path in line `row` of {@link pathsView}, the line of titles being 0. */
export function pathAt(context: ViewContext, row: number, height: number): string | undefined {
  const rows = orderedRows(context.snapshot, context.choices);
  const selected = selectedRow(context.snapshot, context.choices);
  const room = Math.max(0, height - 1);
  const first = firstRow(selected === undefined ? -1 : rows.indexOf(selected), rows.length, room);
  return row < 1 || row > room ? undefined : rows[first + row - 1]?.name;
}

function firstRow(selected: number, rows: number, room: number): number {
  return Math.max(0, Math.min(rows - room, selected - Math.floor(room / 2)));
}

function layOut(
  names: readonly string[],
  wanted: readonly ColumnName[],
  { width, room }: { width: number; room: number },
): Layout {
  const longest = Math.max(names.length > room ? TITLE : 4, ...names.map((name) => [...name].length));
  const columns = wanted.filter((name): name is Exclude<ColumnName, 'history'> => name !== 'history');
  const wantsHistory = wanted.includes('history');
  const taken = (): number => MARKS + columns.reduce((sum, name) => sum + 1 + WIDTHS[name].width, 0);
  while (columns.length > 1 && width - taken() < LEAST_NAME + (wantsHistory ? LEAST_HISTORY + 2 : 0)) {
    const first = columns.reduce((a, b) => (WIDTHS[b].goes > WIDTHS[a].goes ? b : a));
    columns.splice(columns.indexOf(first), 1);
  }
  const free = width - taken();
  const name = Math.max(4, Math.min(longest, wantsHistory ? Math.max(LEAST_NAME, free - LEAST_HISTORY - 2) : free));
  const history = wantsHistory ? Math.min(SECONDS_KEPT, free - name - 2) : 0;
  return { name, columns, history: history < 4 ? 0 : history };
}

function titles(
  { choices, capabilities }: ViewContext,
  { name, columns, history }: Layout,
  { first, shown, all }: { first: number; shown: number; all: readonly PathRow[] },
  width: number,
): Line {
  const hidden = all.length - shown;
  const troubled = [...all.slice(0, first), ...all.slice(first + shown)].filter(({ stalls }) => stalls > 0).length;
  const more = hidden === 0 ? '' : ` ${first + 1}-${first + shown}/${all.length}`;
  const label = `path${more}${troubled > 0 ? ` +${troubled}${capabilities.glyphs.condition.stalled}` : ''}${choices.sorted ? ', worst first' : ''}`;
  const cells = columns.map((column) => ` ${title(column).padStart(WIDTHS[column].width)}`).join('');
  const last = history === 0 ? '' : `  ${`worst, ${history} s`.slice(0, history)}`;
  const text = `${' '.repeat(MARKS)}${[...label].slice(0, name).join('').padEnd(name)}${cells}${last}`;
  return fitLine(lineOf(span(text, 'dim')), width, 'dim');
}

function title(column: ColumnName): string {
  return column === 'p50' || column === 'p99' || column === 'max' ? `${column} ms` : column;
}

function line(context: ViewContext, row: PathRow, layout: Layout, selected: boolean, width: number): Line {
  const { snapshot, capabilities } = context;
  const { glyphs } = capabilities;
  const condition = CONDITION_STYLES[row.condition];
  const spans: Span[] = [
    span(selected ? glyphs.selected : ' ', 'strong'),
    span(` ${glyphs.condition[row.condition]} `, condition),
    span(
      shortenMiddle(pathLabel(context, row.name), layout.name, glyphs.ellipsis).padEnd(layout.name),
      selected ? 'strong' : 'plain',
    ),
  ];
  for (const column of layout.columns) {
    const { text, style } = figure(column, row, snapshot.thresholdNs);
    const room = WIDTHS[column].width;
    spans.push(span(` ${text.slice(0, room).padStart(room)}`, style));
  }
  if (layout.history > 0) {
    spans.push(
      span('  '),
      ...sparkline(row.state.seconds, snapshot.nowNs, layout.history, snapshot.thresholdNs, glyphs),
    );
  }
  return fitLine(spans, width);
}

function figure(
  column: Exclude<ColumnName, 'history'>,
  row: PathRow,
  thresholdNs: number,
): { text: string; style: Style } {
  switch (column) {
    case 'rate':
      return { text: row.ratePerSecond === undefined ? '-' : `${Math.round(row.ratePerSecond)}/s`, style: 'plain' };
    case 'sent':
      return { text: String(row.sent), style: 'plain' };
    case 'loss':
      return { text: percentText(row.lossRatio), style: row.lost > 0 ? 'bad' : 'plain' };
    case 'late':
      return { text: String(row.late), style: row.late > 0 ? 'bad' : 'plain' };
    case 'stalls':
      return { text: String(row.stalls), style: row.stalls > 0 ? 'stall' : 'plain' };
    case 'spikes':
      return { text: String(row.spikes), style: row.spikes > 0 ? 'warn' : 'plain' };
    default: {
      if (row.rtt === null) return { text: '-', style: 'dim' };
      const style = rttStyle(row.rtt[column], thresholdNs);
      return { text: milliseconds(row.rtt[column]), style: style === 'ok' ? 'plain' : style };
    }
  }
}
