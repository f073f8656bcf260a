import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InboundGroup } from '../../src/commands/agent/inbound-group.js';
import { RunClock } from '../../src/commands/agent/own-clock.js';
import type { InboundStall } from '../../src/detect/fleet/inbound-watch.js';
import type { Heard } from '../../src/model/heard.js';
import { MS, SECOND } from '../../src/model/time.js';
import { nameOf, Sender, secretOf } from '../fleet/heard-sender.js';

const EPOCH_S = 1_795_861_448;
const senders = Array.from({ length: 10 }, (_, index) => new Sender(index));

/** The clock of a run that begins so many seconds after the first: its instants count from there. */
function runAt(seconds: number): RunClock {
  const clock = new RunClock();
  const epochNs = BigInt(Math.round(seconds * 1e9));
  clock.take({
    kind: 'start',
    epochRealNs: BigInt(EPOCH_S) * 1_000_000_000n + epochNs,
    epochMonoNs: 5_000_000_000n + epochNs,
    streamId: 1n,
  });
  return clock;
}

/** What all senders' probes of these seconds are on arrival, held from `stallAt` for 140 ms. */
function probes(fromS: number, toS: number, stallAt = -1): Heard[] {
  const arrives = (dueNs: number): number =>
    dueNs >= stallAt * SECOND && dueNs < stallAt * SECOND + 140 * MS ? stallAt * SECOND + 140 * MS : dueNs;
  return senders
    .flatMap((sender) =>
      Array.from({ length: (toS - fromS) * 25 }, (_, k) => sender.probe(fromS * 25 + k, (dueNs) => arrives(dueNs))),
    )
    .sort((one, other) => one.timeNs - other.timeNs);
}

/** As a run that began then tells them: every 200 ms, and each second that all is told. */
function tell(group: InboundGroup, all: readonly Heard[], run: RunClock, beganS: number): void {
  const own = all.map((heard) => ({ ...heard, timeNs: heard.timeNs - beganS * SECOND }));
  let [at, batch] = [0, 0];
  while (at < own.length) {
    const until = Math.floor((own[at] as Heard).timeNs / (200 * MS)) * 200 * MS + 200 * MS;
    const from = at;
    while (at < own.length && (own[at] as Heard).timeNs < until) at += 1;
    group.heard(own.slice(from, at), run);
    batch += 1;
    if (batch % 5 === 0) group.advance(until, run);
  }
}

function begun(): { readonly group: InboundGroup; readonly stalls: { readonly stall: InboundStall; atS: number }[] } {
  const stalls: { readonly stall: InboundStall; atS: number }[] = [];
  const group = new InboundGroup({ node: 'target', intervalNs: 4 * MS }, { nameOf, secretOf }, (stall, clock) =>
    stalls.push({ stall, atS: clock.unixSeconds(stall.finding.release) - EPOCH_S }),
  );
  return { group, stalls };
}

test('a prober that takes over tells what was told before, which counts once, and nobody seems to replay', () => {
  const { group } = begun();
  const [first, second] = [runAt(0), runAt(29)];
  tell(group, probes(0, 30), first, 0);
  const before = group.arrivals;
  // Both heard the second from 29 to 30.
  tell(group, probes(29, 60), second, 29);
  assert.equal(group.arrivals - before, 30 * 25 * senders.length);
  assert.deepEqual([group.refused.replayed, group.refused.forged], [0, 0]);
  // What the first one still says is known by now.
  tell(group, probes(59, 60), first, 0);
  assert.equal(group.arrivals - before, 30 * 25 * senders.length);
  assert.deepEqual(group.senders.length, senders.length);
});

test('a prober that read the clocks a little later, or earlier, tells of the same packets', () => {
  for (const apartNs of [-5_000, -60, 60, 5_000]) {
    const { group } = begun();
    tell(group, probes(0, 30), runAt(0), 0);
    const before = group.arrivals;
    const apart = probes(29, 60).map((heard) => ({ ...heard, timeNs: heard.timeNs + apartNs }));
    tell(group, apart, runAt(29), 29);
    assert.deepEqual(group.refused, { forged: 0, replayed: 0, unannounced: 0, clock: 0 }, `${apartNs} ns apart`);
    assert.equal(group.arrivals - before, 30 * 25 * senders.length);
  }
});

test('a stall after a change of probers is found, at its time', () => {
  const { group, stalls } = begun();
  tell(group, probes(0, 30), runAt(0), 0);
  tell(group, probes(29, 60, 45), runAt(29), 29);
  assert.deepEqual(
    stalls.map(({ stall, atS }) => [stall.place, Math.round(atS * 100) / 100]),
    [['all', 45.14]],
  );
});

test('a stall at the change itself is one stall', () => {
  const { group, stalls } = begun();
  tell(group, probes(0, 30, 29.5), runAt(0), 0);
  tell(group, probes(29, 60, 29.5), runAt(29), 29);
  assert.deepEqual(
    stalls.map(({ stall, atS }) => [stall.place, Math.round(atS * 100) / 100]),
    [['all', 29.64]],
  );
});

test('a prober that ended, and another that begins three seconds later, are no stall, and nobody is forgotten', () => {
  const { group, stalls } = begun();
  tell(group, probes(0, 30), runAt(0), 0);
  group.interrupted();
  tell(group, probes(33, 60), runAt(33), 33);
  assert.deepEqual(stalls, []);
  assert.deepEqual([group.refused.replayed, group.refused.forged], [0, 0]);
});

test('pauses and replies before anything is heard have no time line, and are left out', () => {
  const { group, stalls } = begun();
  const run = runAt(0);
  const pause = { cause: 'late-wake', missedSlots: 0, runDelayNs: 0, stealNs: -1, cpu: 0 } as const;
  group.pause({ ...pause, fromNs: 0, toNs: SECOND }, run);
  group.replied([], run);
  group.advance(SECOND, run);
  assert.deepEqual([stalls, group.senders], [[], []]);
});
