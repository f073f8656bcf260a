import { formatLength, formatMs } from '../../format/duration.js';
import { holdNs } from '../../format/finding-words.js';
import { isRequest } from '../../model/protocol.js';
import type { TimedPhase } from '../../model/request.js';
import { MS, SECOND, US } from '../../model/time.js';
import { DotCanvas } from '../drawing/dot-canvas.js';
import { type Line, type Style, shortenMiddle, span } from '../drawing/line.js';
import { rttStyle } from '../drawing/rtt-style.js';
import { Marks } from '../state/path-history.js';
import type { Held } from '../state/path-state.js';
import type { PathRow } from '../state/snapshot.js';
import { clockText } from './clock-text.js';
import { panelTitle } from './panel-title.js';
import { pathLabel } from './path-label.js';
import type { StripWindow } from './strip-window.js';
import { timeAxis } from './time-axis.js';
import type { ViewContext } from './view-context.js';

/** Columns left of the plot for the scale. */
export const SCALE_COLUMNS = 8;
/** Send instants of a stall's probes lie this far outside of what was reconstructed at most. */
const EDGE_NS = 1 * MS;
/** Replies of held probes lie so close to their release. */
const SAME_RELEASE_NS = 3 * MS;

/**
 * RTT against the time of sending, a dot a probe. What waited for one instant shows as a diagonal that comes down to a
 * mark on the time axis: its release. Requests lie over the SYNs to the same port, and slow ones show by a letter in
 * which phase they waited.
 */
export function stripView(
  context: ViewContext,
  row: PathRow | undefined,
  window: StripWindow,
  width: number,
  height: number,
): Line[] {
  const columns = width - SCALE_COLUMNS;
  const { glyphs } = context.capabilities;
  const plotRows = height - 2;
  if (row === undefined || plotRows < 1 || columns < 10) return [];
  const stalls = row.state.held.filter(({ startMin, release }) => release >= window.fromNs && startMin < window.toNs);
  const topNs = scaleTop(context, row, window);
  const canvas = new DotCanvas(columns, plotRows, glyphs.dots);
  const beside = synsBeside(context, row);
  if (beside !== undefined) plotBeside(canvas, beside, window, topNs, context);
  plot(canvas, row, window, stalls, topNs, context);
  plotPhases(canvas, row, window, topNs);
  const thresholdRow = rowOf(canvas, context.snapshot.thresholdNs, topNs);
  for (let column = 0; column < columns; column += 1) {
    canvas.background(column, Math.floor(thresholdRow / canvas.down), glyphs.threshold, 'dim');
  }
  const scale = scaleLabels(context.snapshot.thresholdNs, topNs, canvas);
  return [
    title(context, row, window, stalls, width),
    ...canvas
      .lines()
      .map((line, index) => [span((scale.get(index) ?? '').padStart(SCALE_COLUMNS - 1), 'dim'), span(' '), ...line]),
    [span('ms'.padStart(SCALE_COLUMNS - 1), 'dim'), span(' '), ...timeAxis(context, window, stalls, columns)],
  ];
}

function title(context: ViewContext, row: PathRow, window: StripWindow, stalls: readonly Held[], width: number): Line {
  const { glyphs } = context.capabilities;
  const last = window.stall ?? stalls.at(-1);
  const { choices } = context;
  const about = [
    ...(last === undefined ? [] : [span(stallWords(context, last), 'stall'), span(` ${glyphs.separator} `, 'dim')]),
    span(window.shows === 'now' ? 'now' : window.shows === 'chosen' ? 'esc: live' : leftWords(window), 'dim'),
    span(` ${glyphs.separator} ${formatLength(choices.zoomNs)}/dot${choices.scale === 'fit' ? ', fit' : ''}`, 'dim'),
  ];
  return panelTitle(
    context,
    shortenMiddle(pathLabel(context, row.name), width < 120 ? 24 : 48, glyphs.ellipsis),
    about,
    width,
  );
}

function leftWords({ leftNs }: StripWindow): string {
  return `live in ${Math.ceil((leftNs ?? 0) / SECOND)} s`;
}

function stallWords(context: ViewContext, held: Held): string {
  const glyph = context.capabilities.glyphs.finding[held.kind];
  const flows = held.flowsHit.length + held.flowsExposed.length;
  const of = flows > 1 && held.flowsHit.length > 0 ? `, ${held.flowsHit.length} of ${flows} flows` : '';
  return `${glyph} ${formatMs(holdNs(held))}, ${held.probes} held till ${clockText(context, held.release)}${of}`;
}

function plot(
  canvas: DotCanvas,
  row: PathRow,
  window: StripWindow,
  stalls: readonly Held[],
  topNs: number,
  { snapshot, capabilities }: ViewContext,
): void {
  const dotNs = (window.toNs - window.fromNs) / canvas.width;
  row.state.history.visit(window.fromNs, Math.min(window.toNs, snapshot.nowNs), (sentNs, rttNs, _flow, mark) => {
    const x = Math.floor((sentNs - window.fromNs) / dotNs);
    if (x < 0) return;
    if (mark !== Marks.reply) {
      canvas.letter(Math.floor(x / canvas.across), 0, capabilities.glyphs.lost, 'lost');
      return;
    }
    canvas.set(x, rowOf(canvas, rttNs, topNs), dotStyle(sentNs, rttNs, stalls, snapshot.thresholdNs));
  });
}

/** The SYN path to the same address and port. */
function synsBeside({ snapshot }: ViewContext, { state }: PathRow): PathRow | undefined {
  const { protocol, address, port } = state.planned;
  if (!isRequest(protocol)) return undefined;
  return snapshot.rows.find(
    ({ state: { planned } }) => planned.protocol === 'syn' && planned.address === address && planned.port === port,
  );
}

/** Faint, so that the requests stand out; one that was lost, or slow itself, is seen all the same. */
function plotBeside(
  canvas: DotCanvas,
  row: PathRow,
  window: StripWindow,
  topNs: number,
  { snapshot }: ViewContext,
): void {
  const dotNs = (window.toNs - window.fromNs) / canvas.width;
  row.state.history.visit(window.fromNs, Math.min(window.toNs, snapshot.nowNs), (sentNs, rttNs, _flow, mark) => {
    const x = Math.floor((sentNs - window.fromNs) / dotNs);
    const isSlow = mark !== Marks.reply || rttNs >= snapshot.thresholdNs;
    canvas.set(x, mark === Marks.reply ? rowOf(canvas, rttNs, topNs) : 0, isSlow ? 'bad' : 'dim');
  });
}

/** As they go: name, connection, TLS, first byte, body. */
const PHASE_LETTERS: Readonly<Record<TimedPhase, string>> = {
  dns: 'n',
  connect: 'c',
  tls: 't',
  'first-byte': 'f',
  body: 'b',
};

function plotPhases(canvas: DotCanvas, { state }: PathRow, window: StripWindow, topNs: number): void {
  const columnNs = (window.toNs - window.fromNs) / canvas.columns;
  for (const { request, startMax, peakRttNs } of state.slow) {
    const column = Math.floor((startMax - window.fromNs) / columnNs);
    if (request === undefined || column < 0 || column >= canvas.columns) continue;
    const row = Math.floor(rowOf(canvas, peakRttNs, topNs) / canvas.down);
    canvas.letter(column, row, PHASE_LETTERS[request.phase], request.wire === 'held' ? 'stall' : 'warn');
  }
}

function dotStyle(sentNs: number, rttNs: number, stalls: readonly Held[], thresholdNs: number): Style {
  return stalls.some((stall) => isHeldBy(stall, sentNs, rttNs)) ? 'stall' : rttStyle(rttNs, thresholdNs);
}

/** Whether a probe waited in that stall: it was sent meanwhile and answered at its release. */
export function isHeldBy(stall: Held, sentNs: number, rttNs: number): boolean {
  if (sentNs < stall.startMin - EDGE_NS || sentNs > stall.release + EDGE_NS) return false;
  const spreadNs = stall.kind === 'stall' ? SAME_RELEASE_NS : Number.POSITIVE_INFINITY;
  return Math.abs(sentNs + rttNs - stall.release) <= spreadNs && rttNs > stall.peakRttNs - stall.excessNs + EDGE_NS;
}

function rowOf(canvas: DotCanvas, rttNs: number, topNs: number): number {
  const up = Math.min(canvas.height - 1, Math.floor((rttNs / topNs) * canvas.height));
  return canvas.height - 1 - up;
}

/** A round number that all of the window fits below; by default the threshold is in view too. */
function scaleTop({ snapshot, choices }: ViewContext, row: PathRow, window: StripWindow): number {
  let most = choices.scale === 'fit' ? 10 * US : snapshot.thresholdNs * 1.2;
  row.state.history.visit(window.fromNs, window.toNs, (_sentNs, rttNs) => {
    if (rttNs * 1.02 > most) most = rttNs * 1.02;
  });
  return roundUp(most);
}

/** The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value - 1e-6 * value);
  return (step ?? 10) * power;
}

/** Labels by row: the top, the threshold and the middle where there is room, and 0. */
function scaleLabels(thresholdNs: number, topNs: number, canvas: DotCanvas): Map<number, string> {
  const labels = new Map<number, string>([[0, short(topNs)]]);
  const bottom = canvas.rows - 1;
  if (bottom > 0) labels.set(bottom, '0');
  const place = (ns: number): void => {
    const row = Math.floor(rowOf(canvas, ns, topNs) / canvas.down);
    if (![row - 1, row, row + 1].some((near) => labels.has(near) && near !== row) && !labels.has(row))
      labels.set(row, short(ns));
  };
  if (thresholdNs < topNs) {
    const row = Math.floor(rowOf(canvas, thresholdNs, topNs) / canvas.down);
    // In the row of the top the threshold is what the line there stands for.
    if (row !== bottom) labels.set(row, short(thresholdNs));
  }
  place(topNs / 2);
  return labels;
}

function short(ns: number): string {
  return String(Number((ns / MS).toPrecision(3)));
}
