import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { StreamArrivals } from '../../src/engines/request/stream-arrivals.js';

/** The SYN-ACK has the last number but 9, so that numbers wrap within the first answer. */
const SYN_SEQ = 0xffff_fff6;

/** @param segments first byte counted from 1, bytes, when it came */
function arrived(...segments: readonly (readonly [first: number, bytes: number, atNs: number])[]): StreamArrivals {
  const stream = new StreamArrivals(SYN_SEQ, 5);
  for (const [first, bytes, atNs] of segments) stream.take((SYN_SEQ + first) >>> 0, bytes, atNs);
  return stream;
}

suite('a byte of an answer is there with the segment that leaves no gap before it', () => {
  const situations = [
    {
      what: 'in order',
      came: [
        [1, 20, 10],
        [21, 20, 30],
      ],
      there: { 1: 10, 20: 10, 21: 30, 40: 30, 41: undefined },
    },
    {
      what: 'the second copy of a segment counts for nothing',
      came: [
        [1, 20, 10],
        [1, 20, 99],
      ],
      there: { 20: 10 },
    },
    {
      what: 'lost and sent again, it holds back what came before',
      came: [
        [21, 20, 10],
        [41, 5, 11],
        [1, 20, 210],
      ],
      there: { 1: 210, 40: 210, 45: 210 },
    },
    {
      what: 'a gap that is yet to be filled',
      came: [
        [1, 20, 10],
        [41, 20, 12],
      ],
      there: { 20: 10, 21: undefined, 50: undefined },
    },
    {
      what: 'sent again with more behind it',
      came: [
        [1, 20, 10],
        [11, 30, 40],
      ],
      there: { 20: 10, 21: 40, 40: 40 },
    },
  ] as const;
  for (const { what, came, there } of situations)
    test(what, () => {
      const stream = arrived(...came);
      assert.deepEqual(
        Object.keys(there).map((byte) => stream.thereNs(Number(byte))),
        Object.values(there),
      );
    });

  test('what is no longer asked for is let go, and what follows is told', () => {
    const stream = arrived([1, 20, 10]);
    stream.forget(20);
    stream.take((SYN_SEQ + 21) >>> 0, 10, 50);
    assert.deepEqual([stream.thereNs(21), stream.thereNs(30)], [50, 50]);
  });

  test('after a segment that no stamp was told of, later answers have theirs', () => {
    const stream = arrived([1, 20, 10], [31, 20, 60]);
    stream.skipTo(50);
    stream.forget(50);
    stream.take((SYN_SEQ + 51) >>> 0, 10, 90);
    assert.equal(stream.thereNs(60), 90);
  });

  test('an answer of a hundred thousand segments keeps its first and last instants', () => {
    const stream = arrived();
    for (let i = 0; i < 100_000; i += 1) stream.take((SYN_SEQ + 1 + 1_448 * i) >>> 0, 1_448, i);
    assert.deepEqual([stream.thereNs(1), stream.thereNs(144_800_000)], [0, 99_999]);
  });
});
