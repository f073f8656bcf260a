/** What a key or the mouse asks for. */
export type Action =
  | { readonly kind: 'quit' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'mouse' }
  | { readonly kind: 'help' }
  | { readonly kind: 'details' }
  | { readonly kind: 'columns' }
  | { readonly kind: 'toggle' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'mode' }
  | { readonly kind: 'flows' }
  | { readonly kind: 'scale' }
  | { readonly kind: 'sort' }
  | { readonly kind: 'zoom'; readonly by: 1 | -1 }
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'pan'; readonly by: 1 | -1 }
  | { readonly kind: 'live' }
  | { readonly kind: 'stall'; readonly by: 1 | -1 }
  | { readonly kind: 'scroll'; readonly by: number }
  | { readonly kind: 'select'; readonly path: string }
  | { readonly kind: 'show'; readonly path: string | undefined; readonly atNs: number };

/** A key as the help names it, the names the terminal gives it, and what it does. */
export interface Binding {
  readonly shown: string;
  readonly keys: readonly string[];
  readonly action: Action;
  /** For the help; keys without words are second names. */
  readonly words: string;
}

/** Where mtr and trippy agree on a key, it is that key. */
export const BINDINGS: readonly Binding[] = [
  { shown: '? h', keys: ['?', 'h'], action: { kind: 'help' }, words: 'this help' },
  { shown: 'q', keys: ['q'], action: { kind: 'quit' }, words: 'quit, and print the summary' },
  { shown: 'Ctrl-C', keys: ['C-c'], action: { kind: 'interrupt' }, words: 'the same; twice: at once' },
  { shown: 'space p', keys: ['space', 'p'], action: { kind: 'pause' }, words: 'hold the picture; probing goes on' },
  { shown: 'r', keys: ['r', 'C-r'], action: { kind: 'reset' }, words: 'reset the counts' },
  { shown: 'd', keys: ['d'], action: { kind: 'mode' }, words: 'next display: paths, strip, flows, log' },
  { shown: 'f', keys: ['f'], action: { kind: 'flows' }, words: 'flows: which wait together' },
  { shown: 'up down', keys: ['up', 'k'], action: { kind: 'move', by: -1 }, words: 'another path' },
  { shown: '', keys: ['down', 'j'], action: { kind: 'move', by: 1 }, words: '' },
  { shown: 'enter', keys: ['enter'], action: { kind: 'details' }, words: 'details of the path' },
  { shown: 'left right', keys: ['left'], action: { kind: 'pan', by: -1 }, words: 'back and forth in time' },
  { shown: '', keys: ['right'], action: { kind: 'pan', by: 1 }, words: '' },
  { shown: '[ ]', keys: ['['], action: { kind: 'stall', by: -1 }, words: 'the stall before, the next one' },
  { shown: '', keys: [']'], action: { kind: 'stall', by: 1 }, words: '' },
  { shown: 'esc', keys: ['escape'], action: { kind: 'leave' }, words: 'back: close, live, the worst path' },
  { shown: '', keys: ['end', 'l'], action: { kind: 'live' }, words: '' },
  { shown: '+ -', keys: ['+', '='], action: { kind: 'zoom', by: -1 }, words: 'zoom in time' },
  { shown: '', keys: ['-', '_'], action: { kind: 'zoom', by: 1 }, words: '' },
  { shown: 'y', keys: ['y'], action: { kind: 'scale' }, words: 'RTT scale: threshold, or what is shown' },
  { shown: 'o', keys: ['o'], action: { kind: 'columns' }, words: 'columns of the table' },
  { shown: 's', keys: ['s'], action: { kind: 'sort' }, words: 'the worst paths first' },
  { shown: 'PgUp PgDn', keys: ['pageup'], action: { kind: 'scroll', by: 5 }, words: 'scroll the log' },
  { shown: '', keys: ['pagedown'], action: { kind: 'scroll', by: -5 }, words: '' },
  { shown: 'm', keys: ['m'], action: { kind: 'mouse' }, words: 'mouse off and on, to select text' },
  { shown: 'Ctrl-L', keys: ['C-l'], action: { kind: 'redraw' }, words: 'paint anew' },
];

const byKey = new Map(BINDINGS.flatMap(({ keys, action }) => keys.map((key) => [key, action] as const)));

/** @param overlay in the columns menu space and enter toggle a column */
export function actionOf(key: string, overlay: 'none' | 'help' | 'details' | 'columns'): Action | undefined {
  if (overlay === 'columns' && (key === 'space' || key === 'enter')) return { kind: 'toggle' };
  return byKey.get(key);
}
