import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountText } from '../../src/bisect/words/machine-account-words.js';
import { MS } from '../../src/model/time.js';

const ROWS: readonly (readonly [Parameters<typeof accountText>[0], string])[] = [
  [{ machine: 'web' }, 'nothing that is known'],
  [
    { machine: 'web', throttledNs: 0, overflows: 0, counted: { synCookies: 0, cardDrops: 0 } },
    'no stop by a CPU quota, no overflow of an accept queue',
  ],
  [
    {
      ...{ machine: 'web', port: 443, server: { process: 17, name: 'nginx' }, overflows: 3, waiting: 129, limit: 128 },
      runDelayNs: 81 * MS,
      blocked: { readings: 4, of: 40 },
      retransmitted: 2,
      counted: { conntrackNotInserted: 9, synCookies: 5, neighboursFull: 1 },
    },
    '3 overflows of accept queues, at most 129 of 128 connections waiting to be accepted, threads of the server ready and not running for 81 ms at most, a thread of the server blocked at 4 of 40 readings, 2 segments sent again, 5 SYN cookies sent, 9 packets whose connection could not be entered into connection tracking, 1 times that a table of neighbours was full (nginx[17], port 443)',
  ],
];

for (const [account, words] of ROWS) {
  test(`what a kernel counted is told where it counted any: ${words.slice(0, 40)} …`, () => {
    assert.equal(accountText(account), words);
  });
}
