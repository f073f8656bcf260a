import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MS, SECOND } from '../../src/model/time.js';
import { buildStream, findIn, type StreamOptions } from './build-stream.js';

const told = (options: StreamOptions): string[] =>
  findIn(buildStream({ jitterNs: () => 0, ...options })).map((f) =>
    f.kind === 'next-probe-release' ? `${f.kind} ${f.probes} ${f.certain ? 'certain' : 'perhaps'}` : f.kind,
  );

describe('probes that only the next one releases', () => {
  it('RTT equal to an interval of a second: told, though the path could be that long', () => {
    assert.deepEqual(told({ intervalNs: SECOND, durationNs: 7 * SECOND, delayNs: () => SECOND }), [
      'next-probe-release 6 perhaps',
    ]);
  });

  it('the same where the gaps vary and the answers follow them: certain', () => {
    const missed = new Set([3, 7, 8].map((slot) => slot * SECOND));
    const next = (sentNs: number): number => {
      let at = sentNs + SECOND;
      while (missed.has(at)) at += SECOND;
      return at - sentNs;
    };
    const stream = { intervalNs: SECOND, durationNs: 14 * SECOND, isMissed: (sentNs: number) => missed.has(sentNs) };
    assert.ok(told({ ...stream, waitNs: 5 * SECOND, delayNs: next }).includes('next-probe-release 10 certain'));
  });

  it('pairs that come together, every second probe quick: certain, at 10 ms too', () => {
    const found = told({ durationNs: 2 * SECOND, delayNs: (sentNs) => ((sentNs / (10 * MS)) % 2 === 0 ? 10 * MS : 0) });
    assert.deepEqual(found, ['next-probe-release 100 certain']);
  });

  it('a path of 10.2 ms at 10 ms is no such path: nothing is said', () => {
    assert.deepEqual(told({ baseNs: 10.2 * MS, durationNs: 5 * SECOND }), []);
  });

  it('neither is one of 1 s with probes between that are not released by each other', () => {
    assert.deepEqual(told({ baseNs: SECOND, intervalNs: SECOND, durationNs: 12 * SECOND, freshPerSecond: 1 }), []);
  });
});
