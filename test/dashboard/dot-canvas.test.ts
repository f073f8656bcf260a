import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotCanvas } from '../../src/dashboard/drawing/dot-canvas.js';
import { fitLine, lengthOf, shorten, shortenMiddle, span, spread, textOf } from '../../src/dashboard/drawing/line.js';

test('braille: eight dots a cell, each in its place', () => {
  const dots = [
    [0, 0, '⠁'],
    [1, 0, '⠈'],
    [0, 1, '⠂'],
    [1, 1, '⠐'],
    [0, 2, '⠄'],
    [1, 2, '⠠'],
    [0, 3, '⡀'],
    [1, 3, '⢀'],
  ] as const;
  for (const [x, y, character] of dots) {
    const canvas = new DotCanvas(1, 1, 'braille');
    canvas.set(x, y, 'ok');
    assert.equal(textOf(canvas.lines()[0] ?? []), character);
  }
  const full = new DotCanvas(1, 1, 'braille');
  for (const [x, y] of dots) full.set(x, y, 'ok');
  assert.equal(textOf(full.lines()[0] ?? []), '⣿');
});

test('plain characters: upper half, lower half, both', () => {
  const canvas = new DotCanvas(4, 1, 'ascii');
  canvas.set(0, 0, 'ok');
  canvas.set(1, 1, 'ok');
  canvas.set(2, 0, 'ok');
  canvas.set(2, 1, 'ok');
  assert.equal(textOf(canvas.lines()[0] ?? []), "'.: ");
});

test('a diagonal comes down from left to right', () => {
  const canvas = new DotCanvas(4, 2, 'braille');
  for (let x = 0; x < 8; x += 1) canvas.set(x, x, 'stall');
  assert.deepEqual(canvas.lines().map(textOf), ['⠑⢄  ', '  ⠑⢄']);
});

test('a cell has the style of its weightiest dot; dots outside are left out', () => {
  const canvas = new DotCanvas(2, 1, 'braille');
  canvas.set(0, 0, 'stall');
  canvas.set(1, 0, 'ok');
  canvas.set(2, 0, 'ok');
  canvas.set(4, 0, 'lost');
  canvas.set(0, 4, 'lost');
  canvas.set(-1, 0, 'lost');
  assert.deepEqual(canvas.lines(), [[span('⠉', 'stall'), span('⠁', 'ok')]]);
});

test('a letter stands over dots, a background behind them', () => {
  const canvas = new DotCanvas(3, 1, 'braille');
  canvas.set(0, 0, 'ok');
  canvas.letter(0, 0, '?', 'lost');
  canvas.set(4, 0, 'ok');
  for (const column of [0, 1, 2]) canvas.background(column, 0, '┄', 'dim');
  assert.deepEqual(canvas.lines(), [[span('?', 'lost'), span('┄', 'dim'), span('⠁', 'ok')]]);
});

test('lines: fitted, spread and shortened to the cell', () => {
  assert.equal(textOf(fitLine([span('abc'), span('def')], 5)), 'abcde');
  assert.equal(textOf(fitLine([span('abc')], 5)), 'abc  ');
  assert.equal(textOf(spread([span('ab')], [span('cd')], 8)), 'ab    cd');
  assert.equal(textOf(spread([span('abcdef')], [span('cd')], 8)), 'abcdef  ');
  assert.equal(shorten('abcdef', 4, '…'), 'abc…');
  assert.equal(shortenMiddle('local>172.16.47.27/icmp', 11, '…'), 'local…/icmp');
  assert.equal(lengthOf([span('a😀b')]), 3);
});
