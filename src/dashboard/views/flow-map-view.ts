import { FRESH_FLOW } from '../../model/sample.js';
import { DotCanvas } from '../drawing/dot-canvas.js';
import { type Line, type Style, span } from '../drawing/line.js';
import { rttStyle } from '../drawing/rtt-style.js';
import { Marks } from '../state/path-history.js';
import type { Held } from '../state/path-state.js';
import type { PathRow } from '../state/snapshot.js';
import { panelTitle } from './panel-title.js';
import { isHeldBy, SCALE_COLUMNS } from './strip-view.js';
import type { StripWindow } from './strip-window.js';
import { timeAxis } from './time-axis.js';
import type { ViewContext } from './view-context.js';

/** What waited less is a dot and no line. */
const LINE_SHARE = 0.2;

/**
 * Flows against time, on the axis of the strip: each probe from its sending to its reply, so that flows which wait
 * together end together. A row a flow where there is room, else a row of dots a flow.
 */
export function flowMapView(
  context: ViewContext,
  row: PathRow | undefined,
  window: StripWindow,
  width: number,
  height: number,
): Line[] {
  if (row === undefined || height < 2) return [];
  const { protocol } = row.state.planned;
  const held = row.state.held.filter(({ startMin, release }) => release >= window.fromNs && startMin < window.toNs);
  const whole = flowRows(row);
  const flows = flowsOf(row, held, height - 1, context);
  const title = panelTitle(
    context,
    'flows',
    [span(protocol === 'icmp' ? 'one: ICMP is hashed by its addresses alone' : flows.words, 'dim')],
    width,
  );
  const lines = flows.packed
    ? packed(context, row, window, held, flows.list, width, height - 1)
    : apart(context, row, window, held, flows.list, width);
  // Where the strip has left its place to the flows, its axis comes with them.
  const axis = height > whole + 1 ? [axisLine(context, window, held, width)] : [];
  return [title, ...lines, ...axis];
}

/** Rows that a map with a row for each flow has, without its title. */
export function flowRows(row: PathRow | undefined): number {
  if (row === undefined) return 0;
  return row.state.planned.flows + (row.state.planned.freshPerSecond > 0 ? 1 : 0);
}

/** Rows of the packed map. */
export function packedFlowRows(row: PathRow | undefined, context: ViewContext): number {
  return Math.ceil(flowRows(row) / (context.capabilities.glyphs.dots === 'braille' ? 4 : 2));
}

function axisLine(context: ViewContext, window: StripWindow, held: readonly Held[], width: number): Line {
  return [span(' '.repeat(SCALE_COLUMNS)), ...timeAxis(context, window, held, width - SCALE_COLUMNS)];
}

interface ShownFlows {
  readonly list: readonly number[];
  readonly packed: boolean;
  readonly words: string;
}

/** All flows, in their order; where there are too many even for dots, those that waited most. */
function flowsOf(row: PathRow, held: readonly Held[], rows: number, context: ViewContext): ShownFlows {
  const { flows, freshPerSecond } = row.state.planned;
  const fixed = Array.from({ length: flows }, (_, flow) => flow);
  const all = freshPerSecond > 0 ? [...fixed, FRESH_FLOW] : fixed;
  const down = context.capabilities.glyphs.dots === 'braille' ? 4 : 2;
  const hit = new Set(held.flatMap(({ flowsHit }) => flowsHit));
  const waited = hit.size === 0 ? '' : `${hit.size} of ${flows} waited: ${[...hit].sort((a, b) => a - b).join(' ')}`;
  const legend = waited === '' ? `${flows} source ports${freshPerSecond > 0 ? ', and new ones' : ''}` : waited;
  if (all.length <= rows) return { list: all, packed: false, words: legend };
  if (all.length <= rows * down) return { list: all, packed: true, words: legend };
  const times = new Map<number, number>();
  for (const { flowsHit } of row.state.held) for (const flow of flowsHit) times.set(flow, (times.get(flow) ?? 0) + 1);
  const worst = [...all].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0) || a - b).slice(0, rows);
  return { list: worst, packed: false, words: `${legend}; ${all.length - worst.length} more not shown` };
}

function apart(
  context: ViewContext,
  row: PathRow,
  window: StripWindow,
  held: readonly Held[],
  flows: readonly number[],
  width: number,
): Line[] {
  const { glyphs } = context.capabilities;
  const columns = width - SCALE_COLUMNS;
  const canvas = new DotCanvas(columns, flows.length, glyphs.dots);
  const cellNs = (window.toNs - window.fromNs) / columns;
  const rowOf = new Map(flows.map((flow, index) => [flow, index]));
  row.state.history.visit(window.fromNs, Math.min(window.toNs, context.snapshot.nowNs), (sentNs, rttNs, flow, mark) => {
    const y = rowOf.get(flow);
    if (y === undefined) return;
    const from = Math.floor((sentNs - window.fromNs) / cellNs);
    if (mark !== Marks.reply) {
      canvas.letter(from, y, glyphs.lost, 'lost');
      return;
    }
    const style = styleOf(context, held, sentNs, rttNs);
    const to = Math.floor((sentNs + rttNs - window.fromNs) / cellNs);
    if (!isLine(style, rttNs, context)) {
      canvas.letter(from, y, style === 'ok' ? glyphs.flowPassed : glyphs.flowSlow, style);
      return;
    }
    for (let column = from; column < to; column += 1) canvas.letter(column, y, glyphs.flowWaits, style);
    canvas.letter(from, y, glyphs.flowHeld, style);
    if (to > from) canvas.letter(to, y, glyphs.flowReleased, style);
  });
  const hit = new Set(held.flatMap(({ flowsHit }) => flowsHit));
  return canvas.lines().map((line, index) => {
    const flow = flows[index] ?? 0;
    const name = flow === FRESH_FLOW ? 'new' : String(flow);
    return [span(`${name.padStart(SCALE_COLUMNS - 1)} `, hit.has(flow) ? 'stall' : 'dim'), ...line];
  });
}

function packed(
  context: ViewContext,
  row: PathRow,
  window: StripWindow,
  held: readonly Held[],
  flows: readonly number[],
  width: number,
  height: number,
): Line[] {
  const { glyphs } = context.capabilities;
  const down = glyphs.dots === 'braille' ? 4 : 2;
  const rows = Math.min(height, Math.ceil(flows.length / down));
  const canvas = new DotCanvas(width - SCALE_COLUMNS, rows, glyphs.dots);
  const dotNs = (window.toNs - window.fromNs) / canvas.width;
  const rowOf = new Map(flows.map((flow, index) => [flow, index]));
  row.state.history.visit(window.fromNs, Math.min(window.toNs, context.snapshot.nowNs), (sentNs, rttNs, flow, mark) => {
    const y = rowOf.get(flow);
    if (y === undefined) return;
    const from = Math.floor((sentNs - window.fromNs) / dotNs);
    const style = mark === Marks.reply ? styleOf(context, held, sentNs, rttNs) : 'lost';
    const line = mark === Marks.reply && isLine(style, rttNs, context);
    const to = line ? Math.floor((sentNs + rttNs - window.fromNs) / dotNs) : from;
    for (let x = from; x <= to; x += 1) canvas.set(x, y, style === 'ok' ? 'dim' : style);
  });
  return canvas.lines().map((line, index) => {
    const first = flows[index * down] ?? 0;
    const last = flows[Math.min(flows.length, (index + 1) * down) - 1] ?? first;
    const name = first === FRESH_FLOW ? 'new' : `${first}-${last === FRESH_FLOW ? 'new' : last}`;
    return [span(`${name.padStart(SCALE_COLUMNS - 1)} `, 'dim'), ...line];
  });
}

function styleOf(context: ViewContext, held: readonly Held[], sentNs: number, rttNs: number): Style {
  if (held.some((stall) => isHeldBy(stall, sentNs, rttNs))) return 'stall';
  return rttStyle(rttNs, context.snapshot.thresholdNs);
}

function isLine(style: Style, rttNs: number, { snapshot }: ViewContext): boolean {
  return style === 'stall' || rttNs >= LINE_SHARE * snapshot.thresholdNs;
}
