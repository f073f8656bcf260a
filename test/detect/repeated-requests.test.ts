import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LossRuns } from '../../src/detect/loss-episode.js';
import { Retransmissions } from '../../src/detect/retransmissions.js';
import { describeFinding } from '../../src/format/finding-words.js';
import type { RequestDetail, TimedPhase } from '../../src/model/request.js';
import { FRESH_FLOW, FRESH_SEQ_BIT } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

/** A request with these phases, in ms, and what is found of it. */
function found(phases: Readonly<Partial<Record<TimedPhase, number>>>, unanswered?: number): string {
  const watch = new Retransmissions('local>http://shop.example/http', 250 * MS, 50 * MS);
  const ns = Object.fromEntries(Object.entries(phases).map(([phase, ms]) => [phase, ms * MS]));
  const rttNs = Object.values(ns).reduce((sum, length) => sum + length, 0);
  const detail = { phases: ns, reached: 'done', bytes: 0, reused: false, retried: false } as RequestDetail;
  const taken = watch.takeRequest(SECOND, rttNs, 0, unanswered === undefined ? detail : { ...detail, unanswered });
  const [finding] = watch.settle(60 * SECOND, 3 * MS, true);
  assert.equal(finding !== undefined, taken);
  return finding === undefined ? 'slow' : finding.kind;
}

suite('a request that waited for something to be sent again: lost, not slow', () => {
  const rows: readonly (readonly [what: string, phases: Readonly<Partial<Record<TimedPhase, number>>>, string])[] = [
    ['the name after 5 s, as glibc asks again', { dns: 5_004, connect: 1, 'first-byte': 2 }, 'loss-episode'],
    ['the name after 2.5 s, as musl does', { dns: 2_503, connect: 1, 'first-byte': 2 }, 'loss-episode'],
    ['the name after two time limits', { dns: 10_012, connect: 1, 'first-byte': 2 }, 'loss-episode'],
    ['the connection after a second', { dns: 1, connect: 1_003, 'first-byte': 2 }, 'loss-episode'],
    ['the connection after three', { dns: 1, connect: 3_050, 'first-byte': 2 }, 'loss-episode'],
    ['a name that takes 4.2 s is slow', { dns: 4_200, connect: 1, 'first-byte': 2 }, 'slow'],
    ['a name of 1.8 s likewise', { dns: 1_800, connect: 1, 'first-byte': 2 }, 'slow'],
    ['a first byte after 5 s is the server', { dns: 1, connect: 1, 'first-byte': 5_004 }, 'slow'],
  ];
  for (const [what, phases, kind] of rows) test(what, () => assert.equal(found(phases), kind));

  test('names asked for by rxray itself: it knows of each query whether it was answered', () => {
    assert.deepEqual([found({ 'first-byte': 1_000 }, 1), found({ 'first-byte': 5_004 }, 0)], ['loss-episode', 'slow']);
  });

  test('the words say what was sent again', () => {
    const watch = new Retransmissions('local>http://shop.example/http', 250 * MS, 50 * MS);
    const phases = { dns: 5_004 * MS, connect: MS };
    watch.takeRequest(SECOND, 5_005 * MS, 0, { phases, reached: 'done', bytes: 0, reused: false, retried: false });
    const [finding] = watch.settle(60 * SECOND, 3 * MS, true);
    assert.ok(finding !== undefined);
    const request = { phase: 'dns', phaseNs: 5_004 * MS, wire: 'passed', packets: 500 } as const;
    assert.match(
      describeFinding({ ...finding, request }, 50 * MS),
      /when a query was sent again, the longest after 5005/,
    );
  });
});

suite('requests that nobody answers', () => {
  /** Losses of a path asked ten times a second, each from a port of its own. @param beside they are beside flows that have ports */
  function episodes(lost: readonly number[], beside = 0): string[] {
    const runs = new LossRuns('local>names/dns', 100 * MS, SECOND);
    for (const k of lost) runs.lost(k + beside, k * 100 * MS, FRESH_FLOW);
    return runs
      .settle(10 * SECOND, () => 9 * SECOND, true)
      .map(({ probes, release, flowsHit }) => `${probes} until ${release / MS} of ${flowsHit.length} flows`);
  }

  test('one after the other are an episode: each has a port of its own, and they are all there is of the path', () => {
    assert.deepEqual(episodes([3, 4, 5, 9]), ['3 until 500 of 0 flows']);
  });

  test('those from new ports beside flows are counted by the run alone', () => {
    assert.deepEqual(episodes([3, 4, 5], FRESH_SEQ_BIT), []);
  });
});
