import { selectedRow } from '../choices/choose.js';
import { beside, fitLine, type Line, type Size, span } from '../drawing/line.js';
import { columnsView } from './columns-view.js';
import { culpritRows, culpritView } from './culprit-view.js';
import { detailsView } from './details-view.js';
import { flowMapView } from './flow-map-view.js';
import { footerView } from './footer-view.js';
import { headerView } from './header-view.js';
import { helpView } from './help-view.js';
import { type Layout, layOut, type Panel, SMALLEST } from './layout.js';
import { logView } from './log-view.js';
import { pathsView } from './paths-view.js';
import { posteriorRows, posteriorView } from './posterior-view.js';
import { qualityLine, qualityRows, qualityView } from './quality-view.js';
import { SCALE_COLUMNS, stripView } from './strip-view.js';
import { type StripWindow, stripWindow } from './strip-window.js';
import type { ViewContext } from './view-context.js';

/** Rows of the side that these two have whatever else there is to say. */
const LEAST_CAUSES = 3;
const LEAST_QUALITY = 4;

/** A part of the screen that the mouse can point at. */
export interface Area {
  readonly panel: Panel;
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

/** The whole screen, and what stands where. */
export interface Screen {
  /** As many as the size has rows, each of exactly as many cells as it has columns. */
  readonly lines: readonly Line[];
  readonly areas: readonly Area[];
  /** The time that strip and flow map show. */
  readonly window: StripWindow;
}

/** The screen as a function of what is known, what was chosen, and the size. */
export function screenView(context: ViewContext, size: Size): Screen {
  const window = windowOf(context, size);
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) {
    return { lines: tooSmall(size), areas: [], window };
  }
  const { lines, areas } = body(context, size, window);
  const filled = Array.from({ length: size.rows - 2 }, (_, row) => fitLine(lines[row] ?? [], size.columns));
  return { lines: [headerView(context, size.columns), ...filled, footerView(context, size.columns)], areas, window };
}

function windowOf(context: ViewContext, { columns }: Size): StripWindow {
  const across = context.capabilities.glyphs.dots === 'braille' ? 2 : 1;
  const dots = Math.max(1, columns - SCALE_COLUMNS) * across;
  return stripWindow(context.snapshot, selectedRow(context.snapshot, context.choices), context.choices, dots);
}

function body(context: ViewContext, size: Size, window: StripWindow): { lines: Line[]; areas: Area[] } {
  const { overlay } = context.choices;
  const room = size.rows - 2;
  if (overlay === 'help') return { lines: helpView(context, size.columns, room), areas: [] };
  if (overlay === 'columns' || overlay === 'details') {
    const table = Math.min(1 + context.snapshot.rows.length, overlay === 'details' ? 4 : 8);
    const below = overlay === 'details' ? detailsView : columnsView;
    return {
      lines: [...pathsView(context, size.columns, table), ...below(context, size.columns, room - table)],
      areas: [{ panel: 'paths', top: 1, height: table, width: size.columns }],
    };
  }
  const layout = layOut(context, size);
  const lines: Line[] = [];
  const areas: Area[] = [];
  for (const [panel, height] of layout.heights) {
    const drawn = draw(panel, context, layout, window, size.columns, height);
    areas.push({ panel, top: 1 + lines.length, height, width: size.columns - (panel === 'bottom' ? layout.side : 0) });
    for (let row = 0; row < height; row += 1) lines.push(drawn[row] ?? []);
  }
  return { lines, areas };
}

function draw(
  panel: Panel,
  context: ViewContext,
  layout: Layout,
  window: StripWindow,
  width: number,
  height: number,
): Line[] {
  const row = selectedRow(context.snapshot, context.choices);
  switch (panel) {
    case 'paths':
      return pathsView(context, width, height);
    case 'strip':
      return stripView(context, row, window, width, height);
    case 'flows':
      return flowMapView(context, row, window, width, height);
    case 'posterior':
      return posteriorView(context, width, height);
    case 'culprit':
      return culpritView(context, width, height);
    case 'log':
      return logView(context, width, height);
    case 'quality':
      return [qualityLine(context, width)];
    case 'bottom':
      return beside([
        { lines: logView(context, width - layout.side - 1, height), width: width - layout.side },
        { lines: sideView(context, layout.side, height), width: layout.side },
      ]);
  }
}

/** Causes, culprit and quality, one below the other. */
function sideView(context: ViewContext, width: number, height: number): Line[] {
  const culprit = culpritView(context, width, Math.min(culpritRows(context), height - LEAST_CAUSES - LEAST_QUALITY));
  const room = height - culprit.length - Math.min(LEAST_QUALITY, qualityRows(context));
  const causes = posteriorView(context, width, Math.min(posteriorRows(context), room));
  return [...causes, ...culprit, ...qualityView(context, width, height - causes.length - culprit.length)];
}

function tooSmall({ columns, rows }: Size): Line[] {
  const words = [
    `rxray needs ${SMALLEST.columns} x ${SMALLEST.rows}`,
    `this is ${columns} x ${rows}`,
    'enlarge it, or q to quit',
  ];
  const top = Math.max(0, Math.floor((rows - words.length) / 2));
  return Array.from({ length: rows }, (_, row) => {
    const text = words[row - top] ?? '';
    const left = Math.max(0, Math.floor((columns - text.length) / 2));
    return fitLine([span(' '.repeat(left)), span(text, 'strong')], columns);
  });
}
