import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PhaseMarks } from '../../src/engines/request/phase-marks.js';
import { MS } from '../../src/model/time.js';

/** A request as the loop saw it: sent at 10, connected at 30, head at 80, end at 90 ms. */
function seen({ tls = false, reused = false } = {}): PhaseMarks {
  const marks = new PhaseMarks({ nowNs: () => 100 * MS }, reused ? 'first-byte' : 'connect', 10 * MS);
  marks.reused = reused;
  if (!reused) marks.enter(tls ? 'tls' : 'first-byte', 30 * MS);
  if (tls) marks.enter('first-byte', 50 * MS);
  marks.enter('body', 80 * MS);
  marks.end(90 * MS);
  return marks;
}

/** In milliseconds. */
function restamped(marks: PhaseMarks, connected: number, first: number, last: number) {
  const endNs = marks.restamp({ connectedNs: connected * MS, firstNs: first * MS, lastNs: last * MS });
  const { phases, kernelStamps = false } = marks.detail();
  return [endNs / MS, Object.fromEntries(Object.entries(phases).map(([name, ns]) => [name, ns / MS])), kernelStamps];
}

suite('the instants of the kernel take the place of those at which the loop came to see the same', () => {
  const situations = [
    ['a new connection', seen(), [20, 60, 61], [61, { connect: 10, 'first-byte': 40, body: 1 }, true]],
    [
      'over TLS, whose own end nobody sees',
      seen({ tls: true }),
      [20, 60, 61],
      [61, { connect: 10, tls: 30, 'first-byte': 10, body: 1 }, true],
    ],
    [
      'a connection that was open has no handshake',
      seen({ reused: true }),
      [2, 60, 60],
      [60, { 'first-byte': 50, body: 0 }, true],
    ],
    [
      'an instant later than it was seen is of something else',
      seen(),
      [20, 60, 95],
      [90, { connect: 20, 'first-byte': 50, body: 10 }, false],
    ],
    [
      'an instant before what it followed is of something else',
      seen(),
      [20, 15, 61],
      [90, { connect: 20, 'first-byte': 50, body: 10 }, false],
    ],
  ] as const;
  for (const [what, marks, [connected, first, last], expected] of situations)
    test(what, () => assert.deepEqual(restamped(marks, connected, first, last), expected));
});
