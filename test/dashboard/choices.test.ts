import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, BINDINGS } from '../../src/dashboard/choices/actions.js';
import { type Choices, DEFAULT_COLUMNS, INITIAL_CHOICES, zoomFor } from '../../src/dashboard/choices/choices.js';
import { choose } from '../../src/dashboard/choices/choose.js';
import { DashboardState } from '../../src/dashboard/state/dashboard-state.js';
import { takeSnapshot } from '../../src/dashboard/state/snapshot.js';
import { actionAt } from '../../src/dashboard/views/pointing.js';
import { MS, SECOND } from '../../src/model/time.js';
import { stall } from '../report/build-run.js';
import { contextOf, draw, runOf, STALL, stateOf, tell } from './build-dashboard.js';

const NAMES = ['local>10.0.0.1/icmp', 'local>10.0.0.2/icmp', 'local>10.0.0.3/icmp'];

function threePaths(): DashboardState {
  const state = new DashboardState(3);
  state.take({ kind: 'run', run: runOf(NAMES) });
  state.take({ kind: 'clock', timeNs: 100 * SECOND });
  return state;
}

/** The choices after some keys, on a strip of two seconds that ends now. */
function after(keys: readonly string[], state = threePaths(), from: Choices = INITIAL_CHOICES): Choices {
  return keys.reduce((choices, key) => {
    const action = actionOf(key, choices.overlay);
    assert.ok(action, key);
    const endNs = choices.endNs ?? state.nowNs;
    return choose(choices, action, { snapshot: takeSnapshot(state), spanNs: 2 * SECOND, endNs });
  }, from);
}

test('no key means two things', () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  assert.equal(new Set(keys).size, keys.length);
});

test('keys as in mtr and trippy: help, quit, hold, reset, details, flows, display, zoom, columns', () => {
  const kinds = ['?', 'h', 'q', 'C-c', 'space', 'p', 'r', 'enter', 'f', 'd', '+', '-', 'o'].map(
    (key) => actionOf(key, 'none')?.kind,
  );
  assert.deepEqual(kinds, [
    'help',
    'help',
    'quit',
    'interrupt',
    'pause',
    'pause',
    'reset',
    'details',
    'flows',
    'mode',
    'zoom',
    'zoom',
    'columns',
  ]);
  assert.equal(actionOf('x', 'none'), undefined);
});

test('up and down go from path to path, and stop at the ends', () => {
  assert.equal(after(['down']).selected, NAMES[1]);
  assert.equal(after(['down', 'down', 'down', 'down']).selected, NAMES[2]);
  assert.equal(after(['down', 'up', 'up']).selected, NAMES[0]);
});

test('once chosen, a path stays, whatever happens on another', () => {
  const state = threePaths();
  const choices = after(['down'], state);
  tell(state, stall, NAMES[2]);
  assert.equal(after([], state, choices).selected, NAMES[1]);
});

test('d goes through the displays and round, f to the flows and back', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((times) => after(Array.from({ length: times }, () => 'd')).mode),
    ['paths', 'strip', 'flows', 'log', 'overview'],
  );
  assert.deepEqual([after(['f']).mode, after(['f', 'f']).mode], ['flows', 'overview']);
});

test('+ and - change the time of a dot, from 1 ms to 5 s', () => {
  assert.equal(after(['+']).zoomNs, 5 * MS);
  assert.equal(after(['-', '-']).zoomNs, 50 * MS);
  assert.equal(after(Array.from({ length: 30 }, () => '+')).zoomNs, MS);
  assert.equal(after(Array.from({ length: 30 }, () => '-')).zoomNs, 5 * SECOND);
});

test('the first zoom has a dot for each probe, and none finer than 10 ms', () => {
  assert.deepEqual([MS, 10 * MS, 15 * MS, SECOND].map(zoomFor), [10 * MS, 10 * MS, 20 * MS, SECOND]);
});

test('left goes back in time, right forth, past now it is live again', () => {
  assert.equal(after(['left']).endNs, 99.5 * SECOND);
  assert.equal(after(['left', 'left', 'right']).endNs, 99.5 * SECOND);
  assert.equal(after(['left', 'right']).endNs, null);
  assert.equal(after(['left', 'end']).endNs, null);
});

test('a zoom keeps the middle of a time that was chosen', () => {
  const chosen = { ...INITIAL_CHOICES, endNs: 50 * SECOND };
  assert.equal(after(['+'], threePaths(), chosen).endNs, 49.5 * SECOND);
});

test('[ and ] go from stall to stall of the path', () => {
  const state = threePaths();
  const place = (seconds: number) => ({
    ...stall,
    startMin: (seconds - 0.1) * SECOND,
    release: (seconds + 0.1) * SECOND,
  });
  for (const seconds of [10, 20, 30]) tell(state, place(seconds), NAMES[0]);
  const middle = (...keys: string[]): number => (after(keys, state).endNs ?? 0) / SECOND - 1;
  assert.equal(middle('['), 30);
  assert.equal(middle('[', '['), 20);
  assert.equal(middle('[', '[', '[', '['), 10);
  assert.equal(middle('[', '[', ']'), 30);
  assert.equal(after(['['], threePaths()).endNs, null);
});

test('esc goes back one step at a time: what lies over the screen, another time, the path', () => {
  const deep: Choices = {
    ...INITIAL_CHOICES,
    selected: NAMES[1] ?? null,
    endNs: SECOND,
    overlay: 'details',
    mode: 'log',
  };
  const first = after(['escape'], threePaths(), deep);
  assert.deepEqual([first.overlay, first.endNs, first.selected], ['none', SECOND, NAMES[1]]);
  const second = after(['escape'], threePaths(), first);
  assert.deepEqual([second.endNs, second.selected], [null, NAMES[1]]);
  const third = after(['escape'], threePaths(), second);
  assert.deepEqual([third.selected, third.mode], [null, 'overview']);
});

test('columns: the menu shows and hides, and the table keeps its order', () => {
  const hidden = after(['o', 'space']);
  assert.deepEqual(
    hidden.columns,
    DEFAULT_COLUMNS.filter((column) => column !== 'rate'),
  );
  const shown = after(['down', 'space', 'up', 'enter', 'escape'], threePaths(), hidden);
  assert.deepEqual([shown.columns.slice(0, 2), shown.overlay], [['rate', 'sent'], 'none']);
});

test('the mouse: a path, a moment in the log, the wheel to zoom, move and scroll', () => {
  const state = stateOf(STALL);
  const context = contextOf(state);
  const screen = draw(context);
  const at = (row: number, does: 'press' | 'wheel-up' | 'wheel-down' = 'press') =>
    actionAt(context, screen, { column: 20, row, does });
  const strip = screen.text.findIndex((line) => line.startsWith('─ 172'));
  const log = screen.text.findIndex((line) => line.includes('─ incidents'));
  assert.deepEqual(at(2), { kind: 'select', path: 'local>172.16.47.27:30927/syn' });
  assert.equal(at(1), undefined);
  assert.deepEqual(at(1, 'wheel-down'), { kind: 'move', by: 1 });
  assert.deepEqual(at(strip + 2, 'wheel-up'), { kind: 'zoom', by: -1 });
  assert.deepEqual(at(log, 'wheel-down'), { kind: 'scroll', by: 3 });
  const shown = at(log + 1);
  assert.ok(shown?.kind === 'show' && Math.abs(shown.atNs - 3.14 * SECOND) < MS);
  assert.equal(at(0), undefined);
  assert.equal(at(23), undefined);
});
