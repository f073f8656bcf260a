import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from '../../src/dashboard/drawing/glyphs.js';
import { lengthOf, textOf } from '../../src/dashboard/drawing/line.js';
import { type FleetMap, fleetView, worstFirst } from '../../src/dashboard/views/fleet-view.js';

const members = ['n1', 'n2', 'n3', 'n10'];
const edges = members.flatMap((from) =>
  members
    .filter((to) => to !== from)
    .map((to) => ({ from, to, stalls: to === 'n3' || from === 'n3' ? 7 : from === 'n1' && to === 'n2' ? 1 : 0 })),
);
const MAP: FleetMap = {
  headline: 'FLEET  1 bad node: n3',
  clock: '2026-11-28 09:40:02 UTC',
  isHealthy: false,
  nodes: [
    { type: 'node-verdict', node: 'n3', state: 'bad', cause: 'host', indistinguishable: ['device'], probability: 1 },
  ],
  links: [],
  members,
  edges,
};

describe('the map of a fleet', () => {
  test('the worst first, names of equal standing by number', () => {
    assert.deepEqual(worstFirst(MAP), ['n3', 'n1', 'n2', 'n10']);
  });

  test('a bad node is a row and a column', () => {
    const lines = fleetView(MAP, UNICODE_GLYPHS, { columns: 60, rows: 12 }).map(textOf);
    assert.match(lines[1] ?? '', /^FLEET {2}1 bad node: n3/);
    assert.match(lines[2] ?? '', /BAD {5}n3: host or device, > 0\.999/);
    const rows = lines.slice(4, 8).map((line) => line.slice(29, 33));
    const { stalled, slow } = UNICODE_GLYPHS.condition;
    const none = UNICODE_GLYPHS.separator;
    assert.deepEqual(rows, [
      ` ${stalled.repeat(3)}`,
      `${stalled} ${slow}${none}`,
      `${stalled}${none} ${none}`,
      `${stalled}${none}${none} `,
    ]);
  });

  for (const size of [
    { columns: 40, rows: 8 },
    { columns: 200, rows: 60 },
    { columns: 12, rows: 4 },
  ]) {
    test(`fills ${size.columns} × ${size.rows} exactly, in plain characters too`, () => {
      for (const glyphs of [UNICODE_GLYPHS, ASCII_GLYPHS]) {
        const lines = fleetView(MAP, glyphs, size);
        assert.equal(lines.length, size.rows);
        assert.deepEqual([...new Set(lines.map(lengthOf))], [size.columns]);
      }
    });
  }
});
