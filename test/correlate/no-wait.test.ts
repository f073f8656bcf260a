import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noWait } from '../../src/correlate/no-wait.js';
import type { WaitTotals } from '../../src/model/kernel-event.js';
import { MS } from '../../src/model/time.js';

const cpu = (longestMs: number, received: boolean): WaitTotals => ({
  timeNs: 0,
  cpu: 0,
  waits: 10,
  longestNs: longestMs * MS,
  received,
  buckets: [],
});

const rows: readonly (readonly [
  title: string,
  totals: readonly WaitTotals[],
  netns: number,
  kind: string,
  words: RegExp,
])[] = [
  ['packets came in, none waited', [cpu(0.2, true)], 7, 'not-this-node', /longest wait was 200 µs/],
  [
    'another namespace waited for long',
    [cpu(89.9, true)],
    7,
    'unattributed',
    /waited 10 ms for its CPU, but another namespace waited 89\.9 ms$/,
  ],
  ['no packet of this namespace came in', [cpu(0.2, false)], 7, 'unattributed', /^no packet of this network namespace/],
  ['no packet came in at all', [], 0, 'unattributed', /^no packet came in while it was traced/],
  ['all namespaces are traced', [cpu(0.3, true)], 0, 'not-this-node', /^no received packet waited 10 ms/],
];

for (const [title, totals, netns, kind, words] of rows) {
  test(`without a reported wait: ${title}: ${kind}`, () => {
    const said = noWait(totals, 10 * MS, { endNs: 0, netns });
    assert.equal(said.class, kind);
    assert.match(said.because, words);
    // A card, or a sleep from which it wakes late, keeps packets where no CPU waits for them.
    if (kind === 'not-this-node') assert.match(said.fix, /its card and its sleep \(rxray check --only idle-states/);
  });
}
