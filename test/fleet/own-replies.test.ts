import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type InboundStall, InboundWatch } from '../../src/detect/fleet/inbound-watch.js';
import { OwnReplies } from '../../src/detect/fleet/own-replies.js';
import { hashWords } from '../../src/engines/sim/faults/chance.js';
import type { Arrived } from '../../src/model/fleet/arrived.js';
import type { EdgePath } from '../../src/model/fleet/edge.js';
import { allocateSamples, Outcomes, SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const PEERS = 10;
const FLOWS = 26;
const INTERVAL_NS = 40.3 * MS;
const SECONDS = 120;
const PERIOD_NS = 4_037 * MS;
const STALL_NS = 140 * MS;

/** A packet that is to arrive at the node: whose, in which direction it went first, and its flow. */
interface Due {
  readonly peer: number;
  readonly what: Arrived['what'];
  readonly flow: number;
}

/** How late what is held by a stall that is on arrives, if it is; and how much of that waits behind the driver's stamp. */
type Holds = (due: Due) => boolean;

function watched(holds: Holds, { behindStamp = false, ownPause = false } = {}): InboundStall[] {
  const watch = new InboundWatch('n', INTERVAL_NS / (2 * PEERS));
  const all: Arrived[] = [];
  for (let peer = 0; peer < PEERS; peer += 1) {
    for (const what of ['probe', 'reply'] as const) {
      for (let k = 0; k * INTERVAL_NS < SECONDS * SECOND; k += 1) {
        const dueNs = (peer + (what === 'reply' ? 0.5 : 0)) * (INTERVAL_NS / PEERS) + k * INTERVAL_NS;
        const startNs = Math.floor(dueNs / PERIOD_NS) * PERIOD_NS;
        const flow = (k * 7) % FLOWS;
        const isHeld = startNs > 15 * SECOND && dueNs < startNs + STALL_NS && holds({ peer, what, flow });
        // A prober that stands still sends nothing that could be answered.
        if (ownPause && what === 'reply' && startNs > 15 * SECOND && dueNs < startNs + STALL_NS) continue;
        const waitNs = isHeld ? startNs + STALL_NS - dueNs : 0;
        const isBehind = behindStamp && isHeld;
        // A wait behind the stamp does not show in the round trips of replies.
        const lateNs = isBehind && what === 'reply' ? 0 : waitNs;
        all.push({
          ...{ what, sender: `p${peer}`, target: 't', protocol: 'syn', sourcePort: flow, targetPort: 1 },
          ...{ timeNs: dueNs + lateNs, lateNs, backlogNs: isBehind ? lateNs : 0 },
        });
      }
    }
  }
  const stalls: InboundStall[] = [];
  // Two helpers tell what they saw by turns, each several times a second.
  const told = all.sort((a, b) => toldAt(a) - toldAt(b));
  let next = 0;
  for (let nowNs = 0; nowNs < (SECONDS + 3) * SECOND; nowNs += 200 * MS) {
    for (let one = told[next]; one !== undefined && toldAt(one) <= nowNs; one = told[next]) {
      watch.take(one);
      next += 1;
    }
    stalls.push(...watch.advance(nowNs));
  }
  return stalls;
}

function toldAt({ what, timeNs }: Arrived): number {
  const everyNs = 200 * MS;
  const phaseNs = what === 'reply' ? 90 * MS : 0;
  return Math.ceil((timeNs - phaseNs) / everyNs) * everyNs + phaseNs;
}

const inQueue = ({ peer, what, flow }: Due, queues: number): boolean =>
  hashWords(5, peer, flow, what === 'reply' ? 1 : 0) % queues === 0;
const places = (stalls: readonly InboundStall[]): string[] => [...new Set(stalls.map(({ place }) => place))];
const expected = Math.floor((SECONDS * SECOND - 15 * SECOND) / PERIOD_NS);

describe('replies to the probes of a node cross its receive queues as the probes of others do', () => {
  test('one of eight queues: nearly each stall is seen, and most tell of the receive side', () => {
    const stalls = watched((due) => inQueue(due, 8));
    assert.ok(stalls.length >= 0.95 * expected, `${stalls.length} of ${expected}`);
    const receive = stalls.filter(({ place }) => place === 'receive');
    assert.ok(receive.length >= 0.9 * stalls.length, `${receive.length} of ${stalls.length}`);
    assert.ok(stalls.every(({ place }) => place === 'receive' || place === 'unclear'));
    for (const { finding } of stalls)
      assert.ok((finding.release % PERIOD_NS) - STALL_NS < 1 * MS, `${finding.release % PERIOD_NS}`);
  });

  test('of one of sixteen queues many more are seen than by the probes of others alone', () => {
    const both = watched((due) => inQueue(due, 16));
    const probes = watched((due) => due.what === 'probe' && inQueue(due, 16));
    assert.ok(both.length > 1.2 * probes.length, `${both.length} and ${probes.length}`);
  });

  test('all of them together', () => {
    const stalls = watched(() => true);
    assert.equal(stalls.length, expected);
    assert.deepEqual(places(stalls), ['all']);
  });
});

describe('what holds replies alone accuses nobody of its receiving', () => {
  for (const [what, holds] of [
    ['the way out of the node', ({ what }) => what === 'reply'],
    ['a part of it, one of its queues to send', (due) => due.what === 'reply' && inQueue(due, 2)],
    ['the receiving of one far machine', ({ peer, what }) => what === 'reply' && peer === 3],
    ['some receive queues of a far machine', (due) => due.what === 'reply' && due.peer === 3 && due.flow % 2 === 0],
    ['the receiving of two far machines at once', ({ peer, what }) => what === 'reply' && (peer === 3 || peer === 7)],
    ['the way out of two far machines at once', ({ peer }) => peer === 3 || peer === 7],
  ] as const satisfies readonly (readonly [string, Holds])[]) {
    test(what, () => {
      const stalls = watched(holds);
      assert.ok(stalls.length > 0);
      assert.deepEqual(places(stalls), ['unclear']);
    });
  }

  test('the way out of one far machine is that sender, by its probes and replies', () => {
    const stalls = watched(({ peer }) => peer === 3);
    assert.ok(stalls.length >= 0.9 * expected, `${stalls.length}`);
    for (const { place, sender } of stalls) assert.ok(place === 'unclear' || sender === 'p3', `${place} ${sender}`);
    assert.ok(stalls.filter(({ place }) => place === 'sender').length >= stalls.length / 2);
  });

  for (const [what, paused] of [
    ['the prober of one far machine that pauses is no way out', [3]],
    ['nor are those of two at once', [3, 7]],
    ['nor those of half of all, which share a machine', [1, 3, 5, 7, 9]],
    ['nor all of them', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ] as const) {
    test(`${what}: kernels answer meanwhile`, () => {
      const stalls = watched((due) => due.what === 'probe' && (paused as readonly number[]).includes(due.peer));
      assert.ok(stalls.length > 0);
      assert.deepEqual(places(stalls), ['unclear']);
    });
  }
});

test('probers that all stand still, the one of this node as well, held nothing in the kernel', () => {
  const stalls = watched(({ what }) => what === 'probe', { ownPause: true });
  assert.ok(stalls.length > 0);
  assert.deepEqual(places(stalls), ['unclear']);
});

test('what waits behind the stamp of the driver is told by probes, whatever replies show of it', () => {
  const stalls = watched(() => true, { behindStamp: true });
  assert.equal(stalls.length, expected);
  assert.deepEqual(places(stalls), ['all']);
});

describe('a reply as an arrival', () => {
  const path: EdgePath = { to: 'p', kind: 'node', protocol: 'syn', address: 'a', port: 9, flows: 8, intervalNs: 1 };
  const samples = (rows: readonly { sentNs: number; rttNs: number; flags?: number; outcome?: number }[]) => {
    const columns = allocateSamples(rows.length);
    for (const [i, { sentNs, rttNs, flags = 0, outcome = Outcomes.reply }] of rows.entries()) {
      columns.sentNs[i] = sentNs;
      columns.rttNs[i] = rttNs;
      columns.flags[i] = flags;
      columns.outcome[i] = outcome;
      columns.flow[i] = 3;
    }
    return columns;
  };

  test('came with its round trip, late by what that is above the least of the last 30 s', () => {
    const replies = new OwnReplies([path]);
    replies.arrived(samples([{ sentNs: 0, rttNs: 200_000 }]));
    assert.deepEqual(replies.arrived(samples([{ sentNs: 5 * SECOND, rttNs: 50 * MS }])), [
      {
        ...{ what: 'reply', sender: 'p', target: 'a', protocol: 'syn', sourcePort: 3, targetPort: 9 },
        ...{ timeNs: 5 * SECOND + 50 * MS, lateNs: 50 * MS - 200_000, backlogNs: 0 },
      },
    ]);
    const [later] = replies.arrived(samples([{ sentNs: 40 * SECOND, rttNs: 1 * MS }]));
    assert.equal(later?.lateNs, 0);
  });

  for (const [what, row] of [
    ['is lost', { rttNs: -1, outcome: Outcomes.lost }],
    ['is an error of ICMP', { rttNs: 1 * MS, outcome: Outcomes.error }],
    ['was stamped by the prober itself', { rttNs: 1 * MS, flags: SampleFlags.userReceivedStamp }],
    ['was sent by a stamp of the prober itself', { rttNs: 1 * MS, flags: SampleFlags.userSentStamp }],
    ['spans a step of the clock', { rttNs: 1 * MS, flags: SampleFlags.clockStep }],
  ] as const) {
    test(`is none where it ${what}`, () => {
      assert.deepEqual(new OwnReplies([path]).arrived(samples([{ sentNs: 0, ...row }])), []);
    });
  }
});
