import type { Action } from '../choices/actions.js';
import { entryAt, placeOf } from './log-view.js';
import { pathAt } from './paths-view.js';
import type { Screen } from './screen-view.js';
import type { ViewContext } from './view-context.js';

export interface Pointer {
  readonly column: number;
  readonly row: number;
  readonly does: 'press' | 'wheel-up' | 'wheel-down';
}

const SCROLL = 3;

/** What the mouse asks for where it points: a path, a moment of the log; the wheel moves, zooms or scrolls. */
export function actionAt(context: ViewContext, screen: Screen, pointer: Pointer): Action | undefined {
  const area = screen.areas.find(
    ({ top, height, width }) => pointer.row >= top && pointer.row < top + height && pointer.column < width,
  );
  if (area === undefined) return undefined;
  const row = pointer.row - area.top;
  const up = pointer.does === 'wheel-up';
  switch (area.panel) {
    case 'paths': {
      if (pointer.does !== 'press') return { kind: 'move', by: up ? -1 : 1 };
      const path = pathAt(context, row, area.height);
      return path === undefined ? undefined : { kind: 'select', path };
    }
    case 'log':
    case 'bottom': {
      if (pointer.does !== 'press') return { kind: 'scroll', by: up ? -SCROLL : SCROLL };
      const entry = entryAt(context, row, area.height);
      return entry === undefined ? undefined : { kind: 'show', ...placeOf(entry) };
    }
    case 'strip':
    case 'flows':
      return pointer.does === 'press' ? undefined : { kind: 'zoom', by: up ? -1 : 1 };
    default:
      return undefined;
  }
}
