import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { guessedHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { MS, SECOND } from '../../src/model/time.js';
import { asked } from './request-cluster.js';
import { type Bisection, stalls } from './sim-cluster.js';

/** What `bisect URL` guesses where it knows of a gateway. */
const GUESSED = guessedHosts('10.0.0.7', 80, '10.0.0.9', 'http://10.0.0.7/');

/** Nine seconds in which one of some queues of the server's machine stalls. */
function nineSeconds(seed: number, queues: number): Bisection['verdict'] {
  const when = { period: [300 * MS, 900 * MS], length: [120 * MS, 200 * MS] } as const;
  const fault = stalls({ stage: 'rx-queue', machine: 'web', queue: 1 }, when);
  return asked([fault], { seed, queues, durationNs: 9 * SECOND, hosts: GUESSED }).verdict;
}

/** Another queue stalls each time, for so short that few flows are seen in each. */
function changing(seed: number, queues: number, seconds: number): Bisection['verdict'] {
  const when = { period: [300 * MS, 1_200 * MS], length: [60 * MS, 200 * MS] } as const;
  const fault = stalls({ stage: 'rx-queue', machine: 'web', queue: 'random' }, when);
  return asked([fault], { seed, queues, durationNs: seconds * SECOND, hosts: GUESSED }).verdict;
}

/** Whom a verdict names without listing the queue, or what is at its place, where all that it lists convict together. */
function accused({
  cause,
  probability,
  together = probability,
  indistinguishable,
}: Bisection['verdict']): string | null {
  if (['rx-queue', 'device', 'inconclusive', 'healthy'].includes(cause)) return null;
  const listed = [cause, ...indistinguishable];
  const said = indistinguishable.length === 0 ? probability : together;
  return said < 0.9 || listed.some((one) => /rx-queue|device/.test(one)) ? null : `${listed} ${said}`;
}

suite('a stalled queue that none of the flows with ports of their own lies on', () => {
  // With 8 queues one stalled queue in 8 is missed by 16 flows, with 16 one in 3: then new ports alone show it.
  const series: readonly (readonly [queues: number, from: number, to: number, leastRight: number])[] = [
    [4, 1, 20, 18],
    [8, 1, 20, 10],
    [8, 101, 115, 8],
    [16, 1, 20, 2],
  ];
  for (const [queues, from, to, leastRight] of series)
    test(`${queues} queues, seeds ${from} to ${to}: nobody else is accused`, () => {
      const verdicts = Array.from({ length: to - from + 1 }, (_, i) => nineSeconds(from + i, queues));
      assert.deepEqual(
        verdicts.flatMap((verdict, i) => {
          const found = accused(verdict);
          return found === null ? [] : [`${from + i}: ${found}`];
        }),
        [],
      );
      const right = verdicts.filter(({ cause }) => cause === 'rx-queue').length;
      assert.ok(right >= leastRight, `${right} right`);
    });
});

suite('another queue each time, few flows in each stall', () => {
  /** Of these each was taken for a pod that a port draws, or for one of several pods in turn, or for the sender. */
  const once: readonly (readonly [seed: number, queues: number, seconds: number])[] = [
    [53, 4, 9],
    [178, 8, 6],
    [187, 16, 15],
    [204, 2, 30],
    [205, 4, 30],
    [266, 8, 15],
    [290, 8, 6],
    [343, 16, 9],
    [431, 16, 30],
    [489, 4, 15],
    [655, 16, 30],
  ];
  for (const [seed, queues, seconds] of once)
    test(`seed ${seed}, ${queues} queues, ${seconds} s: nobody else is accused`, () =>
      assert.equal(accused(changing(seed, queues, seconds)), null));

  test('of forty further runs most name the queue, and none somebody else', () => {
    const verdicts = Array.from({ length: 40 }, (_, i) => changing(3_000 + i, [2, 4, 8, 16][i % 4] ?? 4, 15));
    assert.deepEqual(
      verdicts.flatMap((verdict) => accused(verdict) ?? []),
      [],
    );
    const right = verdicts.filter(({ cause }) => cause === 'rx-queue').length;
    assert.ok(right >= 28, `${right} right`);
  });
});
