import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress, progressLine } from '../../src/report/progress/progress.js';

function terminal(errIsTerminal = true) {
  const drawn: string[] = [];
  return { drawn, errIsTerminal, columns: 100, draw: (text: string) => void drawn.push(text) };
}

test('a bar with share, rate and time left', () => {
  const state = { label: 'reading a.pcap', unit: 'bytes', done: 250e6, total: 1e9, perSecond: 125e6 };
  assert.equal(progressLine(state, 100, true), 'reading a.pcap  ━━━━━━──────────────────   25 %, 125 MB/s, 6 s left');
  assert.equal(
    progressLine(state, 100, false),
    'reading a.pcap  [######..................]   25 %, 125 MB/s, 6 s left',
  );
});

test('without a total: what is done, and the rate', () => {
  const state = { label: 'replaying', unit: 'samples', done: 2_500_000, perSecond: 1_200_000 };
  assert.equal(progressLine(state, 100, true), 'replaying  2.5 M samples, 1.2 M samples/s');
});

test('seconds have no rate', () => {
  const state = { label: 'measuring', unit: 'seconds', done: 5, total: 20, perSecond: 1 };
  assert.equal(progressLine(state, 100, false), 'measuring  [######..................]   25 %, 15 s left');
});

test('never wider than the terminal', () => {
  const state = { label: 'x'.repeat(200), unit: 'bytes', done: 1, total: 2 };
  assert.equal(progressLine(state, 40, true).length, 39);
});

test('nothing in the first second, then five times a second at most, gone in the end', () => {
  let nowMs = 0;
  const io = terminal();
  const progress = new Progress(io, { label: 'work', unit: 'packets', total: 4_000, now: () => nowMs });
  for (; nowMs <= 3_000; nowMs += 10) progress.at(nowMs);
  assert.equal(io.drawn.length, 11);
  assert.match(io.drawn.at(-1) ?? '', /work .* 75 %, 1\.0 k packets\/s, 1 s left$/);
  progress.end();
  progress.end();
  assert.equal(io.drawn.length, 12);
  assert.equal(io.drawn.at(-1), '\r\u001b[K');
});

test('the rate is that of the last seconds', () => {
  let nowMs = 0;
  const io = terminal();
  const progress = new Progress(io, { label: 'work', unit: 'packets', now: () => nowMs });
  let done = 0;
  for (; nowMs <= 20_000; nowMs += 100) {
    done += nowMs < 10_000 ? 1_000 : 10;
    progress.at(done);
  }
  assert.match(io.drawn.at(-1) ?? '', / 100 packets\/s$/);
});

test('where standard error is no terminal: silent', () => {
  let nowMs = 0;
  const io = terminal(false);
  const progress = new Progress(io, { label: 'work', unit: 'bytes', now: () => nowMs });
  for (; nowMs <= 5_000; nowMs += 100) progress.at(nowMs);
  progress.end();
  assert.deepEqual(io.drawn, []);
});
