import { selectedRow } from '../choices/choose.js';
import type { Size } from '../drawing/line.js';
import { culpritRows } from './culprit-view.js';
import { flowRows, packedFlowRows } from './flow-map-view.js';
import { posteriorRows } from './posterior-view.js';
import { qualityRows } from './quality-view.js';
import type { ViewContext } from './view-context.js';

/** Smaller terminals get a message instead. */
export const SMALLEST: Size = { columns: 80, rows: 24 };
/** From here on the causes stand beside the log. */
const WIDE = 120;
const SIDE_SHARE = 0.4;
const SIDE_MOST = 66;
/** Of the screen, for the table of paths, unless it is what is looked at. */
const TABLE_SHARE = 0.4;
const STRIP_SHARE = 0.45;
/** The log beside the causes, even where little has happened yet. */
const BOTTOM_SHARE = 0.25;

export const PANELS = ['paths', 'strip', 'flows', 'posterior', 'culprit', 'log', 'bottom', 'quality'] as const;
export type Panel = (typeof PANELS)[number];

/** Which panel takes what nobody wants. */
const FILLERS: readonly Panel[] = ['strip', 'log', 'bottom', 'paths'];

interface Wish {
  readonly panel: Panel;
  /** With less it is left out. */
  readonly least: number;
  readonly most: number;
  /** What is left over goes by weight. */
  readonly weight: number;
  /** It looks well with the least or with the most only. */
  readonly either?: boolean;
}

export interface Layout {
  /** Rows of each panel, from the top; between the header and the footer. */
  readonly heights: ReadonlyMap<Panel, number>;
  /** Columns of the side beside the log in `bottom`. */
  readonly side: number;
}

/** Divides the screen between header and footer. */
export function layOut(context: ViewContext, size: Size): Layout {
  const room = size.rows - 2;
  const wide = size.columns >= WIDE;
  const side = wide ? Math.min(SIDE_MOST, Math.floor(size.columns * SIDE_SHARE)) : 0;
  return { heights: divide(wishes(context, room, wide), room), side };
}

/** In the order in which they get what they need at least. */
function wishes(context: ViewContext, room: number, wide: boolean): Wish[] {
  const { mode } = context.choices;
  const { rows, log } = context.snapshot;
  const row = selectedRow(context.snapshot, context.choices);
  const all = 1 + rows.length;
  const quality: Wish = { panel: 'quality', least: 1, most: 1, weight: 0 };
  const some: Wish = { panel: 'paths', least: 1 + Math.min(rows.length, 3), most: Math.min(all, 5), weight: 1 };
  switch (mode) {
    case 'paths':
      return [{ panel: 'paths', least: 2, most: room, weight: 1 }, quality];
    case 'strip':
      return [some, { panel: 'strip', least: 6, most: room, weight: 9 }, quality];
    case 'flows': {
      const most = Math.max(8, Math.floor(room * TABLE_SHARE));
      const whole = 1 + flowRows(row);
      const strip: Wish = { panel: 'strip', least: 6, most, weight: 2 };
      const one: Wish = { ...some, least: 2, most: 2 };
      const left = room - one.least - quality.least;
      if (left + one.least >= some.least + strip.least + whole) {
        return [some, quality, strip, { panel: 'flows', least: whole, most: whole, weight: 0 }];
      }
      // A row for each flow is worth more than the strip, as long as the axis has a row too.
      if (left > whole) return [one, quality, { panel: 'flows', least: whole + 1, most: whole + 1, weight: 0 }];
      return [some, quality, strip, { panel: 'flows', least: 3, most: 1 + packedFlowRows(row, context), weight: 4 }];
    }
    case 'log':
      return [some, { panel: 'log', least: 4, most: room, weight: 9 }, quality];
    case 'overview': {
      const table: Wish = {
        panel: 'paths',
        least: 1 + Math.min(rows.length, 3),
        most: Math.min(all, Math.max(4, Math.floor(room * TABLE_SHARE))),
        weight: 3,
      };
      const strip: Wish = { panel: 'strip', least: 7, most: Math.max(7, Math.floor(room * STRIP_SHARE)), weight: 4 };
      const flows: Wish = {
        panel: 'flows',
        least: 1 + packedFlowRows(row, context),
        most: flowRows(row) > 1 || room > 40 ? 1 + flowRows(row) : 0,
        weight: 3,
        either: true,
      };
      const posterior: Wish = { panel: 'posterior', least: 3, most: Math.min(5, posteriorRows(context)), weight: 1 };
      const culprit: Wish = { panel: 'culprit', least: 2, most: culpritRows(context), weight: 1 };
      if (!wide) {
        const lines: Wish = { panel: 'log', least: 3, most: 1 + Math.max(4, Math.min(log.length, room)), weight: 2 };
        return [strip, table, quality, posterior, culprit, lines, flows];
      }
      const beside = posteriorRows(context) + culpritRows(context) + qualityRows(context);
      const most = Math.max(
        beside,
        Math.floor(room * BOTTOM_SHARE),
        1 + Math.min(log.length, Math.floor(room * TABLE_SHARE)),
      );
      return [strip, table, { panel: 'bottom', least: 7, most, weight: 3 }, flows];
    }
  }
}

/** First what each needs at least, in their order, then the rest by weight; what nobody wants goes to the strip. */
function divide(wanted: readonly Wish[], room: number): Map<Panel, number> {
  const given: { wish: Wish; rows: number }[] = [];
  let left = room;
  for (const wish of wanted) {
    if (wish.most < 1 || wish.least > left) continue;
    given.push({ wish, rows: Math.min(wish.least, wish.most) });
    left -= Math.min(wish.least, wish.most);
  }
  while (left > 0) {
    const hungry = given.filter(({ wish, rows }) => rows < wish.most);
    const next = hungry.sort((a, b) => a.rows / a.wish.weight - b.rows / b.wish.weight)[0];
    const takes = next ?? FILLERS.flatMap((panel) => given.find(({ wish }) => wish.panel === panel) ?? [])[0];
    if (takes === undefined) break;
    takes.rows += 1;
    left -= 1;
  }
  const spare = given.flatMap((one) => (one.wish.either && one.rows < one.wish.most ? [one] : []));
  const filler = given.find(({ wish }) => wish.panel === 'strip');
  for (const one of spare) {
    if (filler === undefined) break;
    filler.rows += one.rows - one.wish.least;
    one.rows = one.wish.least;
  }
  const byPanel = new Map(given.map(({ wish, rows }) => [wish.panel, rows]));
  return new Map(PANELS.flatMap((panel) => (byPanel.has(panel) ? [[panel, byPanel.get(panel) ?? 0]] : [])));
}
