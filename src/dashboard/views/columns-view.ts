import { COLUMNS, type ColumnName } from '../choices/choices.js';
import { fitLine, type Line, span } from '../drawing/line.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

const WORDS: Readonly<Record<ColumnName, string>> = {
  rate: 'probes a second',
  sent: 'probes sent',
  loss: 'lost, of those sent',
  late: 'answered after the wait time',
  p50: 'median RTT',
  p99: 'RTT that 99 % stay below',
  max: 'largest RTT',
  stalls: 'stalls',
  spikes: 'single probes above the threshold',
  history: 'worst RTT of each second',
};

/** The menu of columns. */
export function columnsView(context: ViewContext, width: number, height: number): Line[] {
  const { choices, capabilities } = context;
  const { glyphs } = capabilities;
  const lines = COLUMNS.map((column, index) => {
    const marked = index === choices.cursor;
    const box = choices.columns.includes(column) ? glyphs.checked : glyphs.unchecked;
    return fitLine(
      [
        span(` ${marked ? glyphs.selected : ' '} ${box} ${column.padEnd(9)}`, marked ? 'selected' : 'plain'),
        span(` ${WORDS[column]}`, 'dim'),
      ],
      width,
    );
  });
  const title = panelTitle(context, 'columns', [span('space: show or hide; esc: back', 'dim')], width);
  return [title, ...lines].slice(0, height);
}
