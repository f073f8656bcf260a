import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { satInCalls } from '../../src/correlate/sat-in-calls.js';
import { serverCallStack, serverCallWords } from '../../src/format/server-call-words.js';
import type { SyscallRecord } from '../../src/model/records/syscall.js';
import { MS } from '../../src/model/time.js';

type Times = readonly [fromMs: number, toMs: number];

function call([from, to]: Times, name = 'flock', file = '/var/lock/x') {
  const record: SyscallRecord = {
    type: 'syscall',
    name,
    number: 73,
    architecture: 62,
    began: from * MS,
    durationNs: (to - from) * MS,
    inFlight: false,
    pid: 812,
    tid: 812,
    process: 'web',
    arguments: [{ text: `3<${file}>` }, { text: 'LOCK_EX' }] as SyscallRecord['arguments'],
    file,
    kernelStack: ['__schedule', 'schedule', 'flock_lock_inode_wait', '__x64_sys_flock'],
  };
  return { beganNs: from * MS, endedNs: to * MS, record };
}
const asked = ([from, to]: Times) => ({ sentNs: from * MS, endNs: to * MS });

/** A server that stands still from 1000 to 1200 and from 2000 to 2200, asked every 50 ms. */
const SLOW: readonly Times[] = [1_000, 1_050, 1_100, 1_150, 2_000, 2_050, 2_100, 2_150].map((at) => [
  at,
  at < 2_000 ? 1_201 : 2_201,
]);

suite('the system calls that a server sat in while requests waited', () => {
  const situations: readonly (readonly [string, readonly ReturnType<typeof call>[], readonly string[]])[] = [
    ['one call for each wait', [call([999, 1_200]), call([1_999, 2_200])], ['flock: 8 of 8 in 2 calls']],
    ['half of the waits', [call([999, 1_200])], ['flock: 4 of 8 in 1 calls']],
    [
      'many short calls, one behind the other',
      Array.from({ length: 10 }, (_, i) => call([1_000 + 20 * i, 1_019 + 20 * i], 'fsync')),
      ['fsync: 4 of 8 in 10 calls'],
    ],
    ['a thread with nothing to do sits there whether requests wait or not', [call([0, 3_000], 'futex')], []],
    ['calls while nobody waited', [call([1_300, 1_500]), call([1_500, 1_700])], []],
    ['a call that makes up little of the waits', [call([1_000, 1_020]), call([2_000, 2_020])], []],
    [
      'several calls, those that cover most first',
      [call([999, 1_200], 'read', '/a'), call([999, 1_200]), call([1_999, 2_200])],
      ['flock: 8 of 8 in 2 calls', 'read: 4 of 8 in 1 calls'],
    ],
  ];
  for (const [what, calls, expected] of situations)
    test(what, () => {
      const sat = satInCalls('node', SLOW.map(asked), calls);
      assert.deepEqual(
        sat.map((one) => `${one.name}: ${one.requests} of ${one.of} in ${one.calls} calls`),
        expected,
      );
    });

  test('in words: who, where, in what, for how long, and how many of the requests', () => {
    const [one] = satInCalls('node', SLOW.map(asked), [call([999, 1_200]), call([1_999, 2_203])]);
    assert.ok(one !== undefined);
    assert.equal(
      serverCallWords(one),
      'web[812] on node sat in flock(3</var/lock/x>, LOCK_EX) for up to 204 ms: 8 of 8 slow requests',
    );
    assert.deepEqual(serverCallStack(one), ['flock_lock_inode_wait', '__x64_sys_flock']);
  });
});
