import { present } from '../../model/present.js';
import { byTrouble, mostTroubled, type PathRow, type Snapshot } from '../state/snapshot.js';
import type { Action } from './actions.js';
import { type Choices, COLUMNS, MODES, type Mode, ZOOMS_NS } from './choices.js';

/** A pan moves the strip by this share of its width. */
const PAN_SHARE = 0.25;
/** So many paths fit on any screen. */
const FEW_PATHS = 6;

/** What a choice depends on beside the choices so far. */
export interface Shown {
  readonly snapshot: Snapshot;
  /** Time that the strip spans, and its right end. */
  readonly spanNs: number;
  readonly endNs: number;
}

/** The choices after an action. What the dashboard itself does (quit, pause, reset …) changes none of them. */
export function choose(choices: Choices, action: Action, shown: Shown): Choices {
  switch (action.kind) {
    case 'help':
      return overlay(choices, 'help');
    case 'details':
      return overlay(choices, 'details');
    case 'columns':
      return overlay(choices, 'columns');
    case 'toggle':
      return toggleColumn(choices);
    case 'leave':
      return leave(choices);
    case 'mode':
      return { ...choices, mode: after(choices.mode), overlay: 'none' };
    case 'flows':
      return { ...choices, mode: choices.mode === 'flows' ? 'overview' : 'flows', overlay: 'none' };
    case 'scale':
      return { ...choices, scale: choices.scale === 'fit' ? 'threshold' : 'fit' };
    case 'sort':
      return { ...choices, sorted: !choices.sorted };
    case 'zoom':
      return zoom(choices, action.by, shown);
    case 'move':
      return move(choices, action.by, shown.snapshot);
    case 'pan':
      return pan(choices, action.by, shown);
    case 'live':
      return { ...choices, endNs: null };
    case 'stall':
      return toStall(choices, action.by, shown);
    case 'scroll':
      return {
        ...choices,
        logBack: within(choices.logBack + action.by, 0, Math.max(0, shown.snapshot.log.length - 1)),
      };
    case 'select':
      return { ...choices, selected: action.path };
    case 'show':
      return {
        ...choices,
        ...present({ selected: action.path }),
        endNs: action.atNs + shown.spanNs * PAN_SHARE,
      };
    default:
      return choices;
  }
}

/**
 * Rows in the order in which the table has them. Of many paths those that stalled come first, as the rest may have no
 * room; among themselves they keep their order, so that no row jumps about.
 */
export function orderedRows({ rows }: Snapshot, { sorted }: Choices): readonly PathRow[] {
  if (sorted) return [...rows].sort(byTrouble);
  if (rows.length <= FEW_PATHS) return rows;
  return [...rows.filter(({ stalls }) => stalls > 0), ...rows.filter(({ stalls }) => stalls === 0)];
}

/** The path that the strip shows: the one chosen, else the most troubled, else the first. */
export function selectedRow(snapshot: Snapshot, choices: Choices): PathRow | undefined {
  const chosen = snapshot.rows.find(({ name }) => name === choices.selected);
  return chosen ?? mostTroubled(snapshot.rows) ?? snapshot.rows[0];
}

function overlay(choices: Choices, wanted: 'help' | 'details' | 'columns'): Choices {
  return { ...choices, overlay: choices.overlay === wanted ? 'none' : wanted, cursor: 0 };
}

function toggleColumn(choices: Choices): Choices {
  const column = COLUMNS[choices.cursor];
  if (column === undefined) return choices;
  const wanted = new Set(choices.columns);
  if (!wanted.delete(column)) wanted.add(column);
  return { ...choices, columns: COLUMNS.filter((name) => wanted.has(name)) };
}

/** One step back at a time: what lies over the screen, then another time, then the path. */
function leave(choices: Choices): Choices {
  if (choices.overlay !== 'none') return { ...choices, overlay: 'none' };
  if (choices.endNs !== null) return { ...choices, endNs: null };
  return { ...choices, selected: null, mode: 'overview', logBack: 0 };
}

function after(mode: Mode): Mode {
  return MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? 'overview';
}

/** A time that was chosen stays in the middle. */
function zoom(choices: Choices, by: number, shown: Shown): Choices {
  const at = within(ZOOMS_NS.indexOf(choices.zoomNs) + by, 0, ZOOMS_NS.length - 1);
  const zoomNs = ZOOMS_NS[at] ?? choices.zoomNs;
  if (choices.endNs === null) return { ...choices, zoomNs };
  const middleNs = choices.endNs - shown.spanNs / 2;
  return { ...choices, zoomNs, endNs: middleNs + (shown.spanNs * (zoomNs / choices.zoomNs)) / 2 };
}

function move(choices: Choices, by: number, snapshot: Snapshot): Choices {
  if (choices.overlay === 'columns') {
    return { ...choices, cursor: within(choices.cursor + by, 0, COLUMNS.length - 1) };
  }
  const rows = orderedRows(snapshot, choices);
  const current = rows.findIndex(({ name }) => name === selectedRow(snapshot, choices)?.name);
  const next = rows[within(current + by, 0, rows.length - 1)];
  return next === undefined ? choices : { ...choices, selected: next.name };
}

function pan(choices: Choices, by: number, { snapshot, spanNs, endNs }: Shown): Choices {
  const moved = endNs + by * PAN_SHARE * spanNs;
  return { ...choices, endNs: moved >= snapshot.nowNs ? null : Math.max(moved, 0) };
}

/** To the stall before or after the one in view, which is put in the middle. */
function toStall(choices: Choices, by: 1 | -1, { snapshot, spanNs, endNs }: Shown): Choices {
  const row = selectedRow(snapshot, choices);
  if (row === undefined) return choices;
  const middleNs = endNs - spanNs / 2;
  const nearNs = spanNs / 100;
  const places = row.state.held.map(({ startMin, release }) => (startMin + release) / 2).sort((a, b) => a - b);
  const target =
    choices.endNs === null
      ? places.at(by === -1 ? -1 : 0)
      : by === -1
        ? places.findLast((place) => place < middleNs - nearNs)
        : places.find((place) => place > middleNs + nearNs);
  return target === undefined ? choices : { ...choices, selected: row.name, endNs: target + spanNs / 2 };
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
