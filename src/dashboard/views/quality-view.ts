import { coverageBrief } from '../../format/coverage-words.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import type { QualityRecord } from '../../model/records/run.js';
import { selectedRow } from '../choices/choose.js';
import { fitLine, type Line, lengthOf, type Span, type Style, span } from '../drawing/line.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

interface Remark {
  readonly text: string;
  readonly style: Style;
}

/** How good the measurement is, in one line: doubts first, as they say what not to believe. */
export function qualityLine(context: ViewContext, width: number): Line {
  const remarks = qualityRemarks(context);
  const doubtful = remarks.some(({ style }) => style !== 'dim');
  const { glyphs } = context.capabilities;
  const spans: Span[] = [span(' quality ', 'title'), span(doubtful ? ' ! ' : ' ', 'warn')];
  for (const [index, { text, style }] of remarks.entries()) {
    const between = index === 0 ? '' : ` ${glyphs.separator} `;
    // A remark that does not fit as a whole is left out, except that the first is always worth a part.
    if (index > 0 && lengthOf(spans) + between.length + text.length > width) break;
    spans.push(span(between, 'dim'), span(text, style));
  }
  return fitLine(spans, width);
}

/** The same with a line for each remark. */
export function qualityView(context: ViewContext, width: number, height: number): Line[] {
  if (height < 2) return [];
  const lines = qualityRemarks(context).map(({ text, style }) =>
    fitLine([span(` ${style === 'dim' ? ' ' : '!'} ${text}`, style)], width),
  );
  return [panelTitle(context, 'quality', [], width), ...lines.slice(0, height - 1)];
}

export function qualityRows(context: ViewContext): number {
  return 1 + qualityRemarks(context).length;
}

function qualityRemarks(context: ViewContext): Remark[] {
  const { snapshot } = context;
  const records = snapshot.quality.map(({ record }) => record);
  const row = selectedRow(snapshot, context.choices);
  const doubts = doubtsOf(context, records).map((text): Remark => ({ text, style: 'warn' }));
  const facts = [
    row?.state.coverage === undefined ? '' : `would see: ${coverageBrief(row.state.coverage)}`,
    stampWords(records[0]?.timestamps ?? snapshot.run?.timestamps),
    row?.state.sendErrorNs === undefined
      ? ''
      : `send error p99 ${plain(formatLength(row.state.sendErrorNs.p99), context)}`,
    doubts.length === 0 && records.length > 0 ? 'no pauses, nothing dropped' : '',
  ];
  const said = facts.filter((text) => text !== '').map((text): Remark => ({ text, style: 'dim' }));
  return doubts.length + said.length === 0 ? [{ text: 'nothing measured yet', style: 'dim' }] : [...doubts, ...said];
}

function doubtsOf(context: ViewContext, records: readonly QualityRecord[]): string[] {
  const sum = (key: 'pauses' | 'missedSlots' | 'clockSteps' | 'kernelDrops' | 'droppedRecords'): number =>
    records.reduce((total, record) => total + record[key], 0);
  const selfInflicted = context.snapshot.rows.reduce((total, row) => total + row.selfInflicted, 0);
  const longestNs = Math.max(0, ...records.map(({ longestPauseNs }) => longestPauseNs));
  const failed = [...context.snapshot.vantages].filter(([, { state }]) => state === 'failed');
  const doubts: [boolean, string][] = [
    ...failed.map(([name, { why }]): [boolean, string] => [
      true,
      `${name} is out${why === undefined ? '' : `: ${why}`}`,
    ]),
    [selfInflicted > 0, `${count(selfInflicted, 'finding')} self-inflicted, not counted`],
    [sum('pauses') > 0, `prober paused ${sum('pauses')} times, ${plain(formatLength(longestNs), context)} at most`],
    [sum('missedSlots') > 0, `${count(sum('missedSlots'), 'slot')} not sent`],
    [sum('kernelDrops') > 0, `kernel dropped ${count(sum('kernelDrops'), 'packet')}: losses may be ours`],
    [sum('droppedRecords') > 0, `${count(sum('droppedRecords'), 'sample')} dropped before they were read`],
    [sum('clockSteps') > 0, `clock stepped ${sum('clockSteps')} times`],
  ];
  return doubts.flatMap(([holds, words]) => (holds ? [words] : []));
}

function stampWords(timestamps: QualityRecord['timestamps'] | undefined): string {
  switch (timestamps) {
    case 'hw':
      return 'stamps of the network card';
    case 'kernel':
      return 'kernel stamps';
    case 'user':
      return 'USER-SPACE stamps: own pauses look like stalls';
    case 'sim':
      return 'simulated time';
    default:
      return '';
  }
}

/** Without Unicode there is no micro sign. */
function plain(text: string, { capabilities }: ViewContext): string {
  return capabilities.glyphs.dots === 'ascii' ? text.replaceAll('µ', 'u') : text;
}
