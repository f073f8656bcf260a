import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { placeOf } from '../../src/detect/fleet/inbound-place.js';
import { InboundWatch } from '../../src/detect/fleet/inbound-watch.js';
import { HeardProbes } from '../../src/fleet/inbound/heard-probes.js';
import { ownKey, pathSecret, publicKeyOf } from '../../src/fleet/inbound/pair-keys.js';
import type { Heard } from '../../src/model/heard.js';
import { MS, SECOND } from '../../src/model/time.js';
import { nameOf, Sender, secretOf } from './heard-sender.js';

const SENDERS = 10;
const senders = Array.from({ length: SENDERS }, (_, index) => new Sender(index));

interface Run {
  readonly seconds?: number;
  readonly senders?: readonly Sender[];
  /** When a probe arrives that was due then. */
  readonly arrives?: (dueNs: number, flow: string) => number;
  readonly extra?: (heard: Heard, index: number) => readonly Heard[];
}

function run({ seconds = 60, senders: all = senders, arrives = (due) => due, extra = () => [] }: Run) {
  const probes = new HeardProbes({ nameOf, secretOf });
  const watch = new InboundWatch('target', (40 * MS) / all.length);
  const heard = all
    .flatMap((sender) => Array.from({ length: seconds * 25 }, (_, k) => sender.probe(k, arrives)))
    .sort((one, other) => one.timeNs - other.timeNs)
    .flatMap((one, index) => [one, ...extra(one, index)])
    .sort((one, other) => one.timeNs - other.timeNs);
  const stalls = [];
  let next = 0;
  let taken = 0;
  for (const one of heard) {
    while (one.timeNs > next) {
      stalls.push(...watch.advance(next));
      next += 500 * MS;
    }
    const arrived = probes.take(one);
    if (arrived === undefined) continue;
    taken += 1;
    watch.take(arrived);
  }
  for (let i = 0; i < 10; i += 1) stalls.push(...watch.advance(next + i * 500 * MS));
  return { stalls, probes, taken };
}

/** 140 ms within each ten seconds, from the third on. */
const stallAt = (dueNs: number): number | undefined => {
  const from = Math.floor(dueNs / (10 * SECOND)) * 10 * SECOND + 3 * SECOND;
  return dueNs >= from && dueNs < from + 140 * MS && from > 20 * SECOND ? from + 140 * MS : undefined;
};
const held = (isHeld: (flow: string) => boolean) => (dueNs: number, flow: string) =>
  (isHeld(flow) ? stallAt(dueNs) : undefined) ?? dueNs;
const hashed = (flow: string): number => [...flow].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);

test('a clean run accuses nobody, and every probe is believed', () => {
  const { stalls, probes, taken } = run({});
  assert.deepEqual(stalls, []);
  assert.deepEqual({ ...probes.refused, unannounced: 0 }, { forged: 0, replayed: 0, unannounced: 0, clock: 0 });
  assert.ok(taken >= 60 * 25 * SENDERS - SENDERS, `${taken}`);
  assert.equal(probes.senders(59 * SECOND).length, SENDERS);
});

test('a stall of one of four receive queues means the receive side', () => {
  const { stalls } = run({ arrives: held((flow) => hashed(flow) % 4 === 0) });
  assert.ok(stalls.length >= 3, `${stalls.length} of 4`);
  for (const { place, finding } of stalls) {
    assert.equal(place, 'receive');
    const truth = Math.floor(finding.release / (10 * SECOND)) * 10 * SECOND + 3 * SECOND;
    assert.ok(Math.abs(finding.release - truth - 140.2 * MS) < 2 * MS, `${finding.release - truth}`);
    assert.ok(finding.startMin <= truth + 2 * MS && finding.startMax >= truth - 2 * MS);
  }
});

test('all flows of all senders mean host, device or network', () => {
  const { stalls } = run({ arrives: held(() => true) });
  assert.equal(stalls.length, 4);
  for (const { place } of stalls) assert.equal(place, 'all');
});

/** Three neighbours alone: most flows have no probe in 140 ms, and many had their last one just before a hold begins. */
const few = senders.slice(0, 3);
/** Holds of 140 ms about every two seconds, at any phase of the grids, after the usual lateness is known. */
const fewHeld = (isHeld: (flow: string) => boolean, lagNs: (dueNs: number) => number) => {
  const periodNs = 2_037 * MS;
  return (dueNs: number, flow: string): number => {
    const sentNs = dueNs + lagNs(dueNs);
    const from = Math.floor(sentNs / periodNs) * periodNs;
    const isOn = from > 10 * SECOND && sentNs < from + 140 * MS && isHeld(flow);
    return isOn ? from + 140 * MS : sentNs;
  };
};
const lags = {
  'at once': () => 0,
  'up to 4 ms late': (dueNs: number) => (hashed(`${dueNs}`) % 400) * 10_000,
};

for (const [how, lagNs] of Object.entries(lags)) {
  test(`all of few and sparse flows, sent ${how}, mean host, device or network, never the receive side`, () => {
    const { stalls } = run({ seconds: 200, senders: few, arrives: fewHeld(() => true, lagNs) });
    assert.ok(stalls.length >= 85, `${stalls.length} of 93`);
    const places = stalls.map(({ place }) => place);
    assert.ok(places.every((place) => place === 'all' || place === 'unclear'));
    assert.ok(places.filter((place) => place === 'all').length >= 0.9 * stalls.length, `${places}`);
  });

  test(`one of two queues of few and sparse flows, sent ${how}, hardly ever means all`, () => {
    const { stalls } = run({
      seconds: 200,
      senders: few,
      arrives: fewHeld((flow) => hashed(flow) % 2 === 0, lagNs),
    });
    const places = stalls.map(({ place }) => place);
    assert.ok(places.filter((place) => place === 'receive').length >= 0.3 * stalls.length, `${places}`);
    assert.ok(places.filter((place) => place === 'all').length <= 0.05 * stalls.length, `${places}`);
    assert.ok(!places.includes('sender'), `${places}`);
  });
}

test('all flows of one sender mean that sender, whatever holds its way out', () => {
  const { stalls } = run({ arrives: held((flow) => flow.startsWith('nnn4')) });
  assert.equal(stalls.length, 4);
  for (const { place, sender } of stalls) assert.deepEqual([place, sender], ['sender', 'nnn4']);
});

test('one sender alone never accuses the receive side, however it forges its own lateness', () => {
  const { stalls } = run({ arrives: held((flow) => flow.startsWith('nnn4') && hashed(flow) % 2 === 0) });
  assert.ok(stalls.length > 0);
  for (const { place } of stalls) assert.notEqual(place, 'receive');
});

test('probes that are replayed, as they are or in bunches, are dropped and counted', () => {
  const old: Heard[] = [];
  const { stalls, probes } = run({
    extra: (heard, index) => {
      if (index % 50 === 0) old.push(heard);
      // All that was kept of four senders, at one instant, as a stall would release them.
      if (index % 2_500 !== 2_499) return [];
      return old.splice(0).map((one, place) => ({ ...one, timeNs: heard.timeNs + place * 1000 }));
    },
  });
  assert.deepEqual(stalls, []);
  assert.ok(probes.refused.replayed > 100, `${probes.refused.replayed}`);
});

test('probes with keys of another pair are forged', () => {
  const { stalls, probes } = run({
    seconds: 30,
    extra: (heard, index) =>
      index % 10 === 0 ? [{ ...heard, source: '10.0.0.3', timeNs: heard.timeNs + 90 * MS }] : [],
  });
  assert.deepEqual(stalls, []);
  assert.ok(probes.refused.forged > 300, `${probes.refused.forged}`);
});

test('a SYN of a sender that never announced anything does not count', () => {
  const probes = new HeardProbes({ nameOf, secretOf });
  assert.equal(probes.take((senders[0] as Sender).probe(1, (due) => due)), undefined);
  assert.equal(probes.refused.unannounced, 1);
});

test('a recorded earlier run of a sender cannot take the place of its present one', () => {
  const earlier = new Sender(0, 5e12, 0, 77n);
  const { stalls, probes } = run({
    seconds: 30,
    extra: (heard, index) =>
      index % 20 === 0 && heard.timeNs > 5 * SECOND
        ? [{ ...earlier.probe(2 * index, (due) => due), timeNs: heard.timeNs + MS }]
        : [],
  });
  assert.deepEqual(stalls, []);
  assert.ok(probes.refused.replayed > 150);
});

test('a sender whose prober is replaced, the old one going on for a moment, is no forger', () => {
  const next = new Sender(0, 6e12, 0, 88n);
  const { stalls, probes } = run({
    seconds: 20,
    extra: (heard, index) =>
      index % 20 === 0 && heard.timeNs > 5 * SECOND && heard.timeNs < 7 * SECOND
        ? [{ ...next.probe(2 * index, (due) => due), timeNs: heard.timeNs + MS }]
        : [],
  });
  assert.deepEqual(stalls, []);
  assert.ok(probes.refused.unannounced > 10);
  assert.equal(probes.refused.replayed + probes.refused.forged, 0);
});

test('nor is it where a machine that paused heard the next one first, and the old one after it', () => {
  const [old, next] = [new Sender(0, 1e12, 0, 77n), new Sender(0, 6e12, 0, 88n)];
  const echo = (sender: Sender, k: number): Heard => sender.probe(2 * k, (due) => due);
  const probes = new HeardProbes({ nameOf, secretOf });
  for (let k = 0; k < 50; k += 1) probes.take(echo(old, k));
  // Nothing for two seconds, then both.
  for (let k = 75; k < 110; k += 1) {
    probes.take(echo(next, k));
    probes.take(echo(old, k));
  }
  assert.equal(probes.refused.replayed + probes.refused.forged, 0);
  assert.ok(probes.refused.unannounced > 30);
  // Much later it is somebody who kept them.
  for (let k = 110; k < 250; k += 1) probes.take(echo(next, k));
  probes.take(echo(old, 250));
  assert.equal(probes.refused.replayed, 1);
});

test('SYNs of a next run are no forgeries where its ports are those of the run before', () => {
  const [old, next] = [new Sender(0, 1e12, 0, 77n), new Sender(0, 6e12, 0, 88n)];
  const probes = new HeardProbes({ nameOf, secretOf });
  const at = (sender: Sender, k: number, moved = 0): Heard => {
    const heard = sender.probe(k, (due) => due);
    return heard.protocol === 'syn'
      ? { ...heard, sourcePort: 18_432 + ((heard.sourcePort - 18_432 + moved) % 8) }
      : heard;
  };
  for (let k = 0; k < 100; k += 1) probes.take(at(old, k));
  // Its first SYN comes before its first echo, and nobody hears the end of the old one.
  for (let k = 101; k < 200; k += 1) probes.take(at(next, k, 3));
  assert.equal(probes.refused.replayed + probes.refused.forged, 0);
  // Much later such SYNs are forged: once two seconds explained nothing.
  for (let k = 200; k < 600; k += 1) probes.take(at(next, k));
  const forger = at(next, 601, 3);
  for (let n = 0; n < 5; n += 1) assert.equal(probes.take(forger), undefined);
  assert.equal(probes.refused.forged, 0);
  for (let k = 602; k < 660; k += 1) probes.take(at(next, k));
  assert.equal(probes.refused.forged, 5);
});

test('nor are those of a sender that leaves before anybody heard of its next run', () => {
  const [old, next] = [new Sender(0, 1e12, 0, 77n), new Sender(0, 6e12, 0, 88n)];
  const probes = new HeardProbes({ nameOf, secretOf });
  for (let k = 0; k < 100; k += 1) probes.take(old.probe(k, (due) => due));
  const syn = next.probe(101, (due) => due);
  probes.take({ ...syn, sourcePort: syn.sourcePort + 1 });
  const { unannounced } = probes.refused;
  probes.keep(new Set());
  assert.deepEqual(probes.refused, { forged: 0, replayed: 0, unannounced: unannounced + 1, clock: 0 });
});

test('clocks that are slewed by 500 ppm accuse nobody; one that runs away is not believed', () => {
  const slewed = senders.map(({ index }) => new Sender(index, 1e12, index % 2 === 0 ? 500e-6 : -500e-6));
  const { stalls, probes } = run({ senders: slewed });
  assert.deepEqual(stalls, []);
  assert.equal(probes.refused.clock, 0);
  const mad = senders.map(({ index }) => new Sender(index, 1e12, index === 0 ? 5000e-6 : 0));
  const other = run({ senders: mad });
  assert.deepEqual(other.stalls, []);
  assert.ok(other.probes.refused.clock > 0);
});

test('a sender that starts anew is known again within two seconds', () => {
  const [first] = senders as [Sender];
  const again = new Sender(0, 9e12, 0, 5n);
  const probes = new HeardProbes({ nameOf, secretOf });
  for (let k = 0; k < 250; k += 1) assert.ok(probes.take(first.probe(k, (due) => due)));
  const later = Array.from({ length: 100 }, (_, k) => again.probe(k, (due) => due + 10.2 * SECOND));
  const refused = later.filter((heard) => probes.take(heard) === undefined).length;
  assert.ok(refused <= 26, `${refused} of 100`);
});

test('what waits behind the stamp of the driver shows as backlog', () => {
  const watch = new InboundWatch('target', 4 * MS);
  const probes = new HeardProbes({ nameOf, secretOf });
  for (let k = 0; k < 400; k += 1) {
    const heard = (senders[0] as Sender).probe(k, (due) => due);
    const arrived = probes.take(k === 399 ? { ...heard, backlogNs: 120 * MS } : heard);
    if (arrived) watch.take(arrived);
  }
  assert.equal(watch.backlogNs(16 * SECOND), 120 * MS);
});

describe('what is held means by whose it is, and by what of the same senders passed', () => {
  const flows = (from: string, probes: number, replies = 0) => ({ from, flows: probes, probes, replies });
  const replies = (from: string, count: number) => flows(from, 0, count);
  for (const [what, place, heldOnes, passedOnes] of [
    ['some of two senders', 'receive', [flows('a', 1), flows('b', 2)], [flows('a', 4), flows('b', 1)]],
    ['two senders whole', 'unclear', [flows('a', 3), flows('b', 3)], [flows('a', 4), flows('c', 3)]],
    ['all', 'all', [flows('a', 3), flows('b', 3)], []],
    ['all of too few', 'unclear', [flows('a', 2), flows('b', 2)], []],
    ['one sender whole', 'sender', [flows('a', 3)], [flows('b', 3), flows('c', 3)]],
    ['one sender beside one other', 'unclear', [flows('a', 3)], [flows('b', 3)]],
    ['one sender alone', 'unclear', [flows('a', 3)], []],
    ['some of one sender', 'unclear', [flows('a', 3)], [flows('a', 1), flows('b', 3), flows('c', 3)]],
    [
      'a probe of one and a reply of another',
      'receive',
      [flows('a', 1), replies('b', 1)],
      [flows('a', 2), replies('b', 2)],
    ],
    [
      'the same, of the first only replies passed: its prober may have paused',
      'unclear',
      [flows('a', 1), replies('b', 1)],
      [replies('a', 2), replies('b', 2)],
    ],
    [
      'two probers that paused at once, as they share a machine',
      'unclear',
      [flows('a', 3), flows('b', 2)],
      [replies('a', 3), replies('b', 3), flows('c', 3, 3)],
    ],
    ['a probe and replies of one alone', 'unclear', [flows('a', 1, 3)], [flows('a', 2, 2), flows('b', 3, 3)]],
    [
      'replies of many, by the way out of this node',
      'unclear',
      [replies('a', 2), replies('b', 1), replies('c', 2)],
      [flows('a', 3, 2), flows('b', 3, 2)],
    ],
    [
      'replies of many, of which only probes passed',
      'unclear',
      [flows('a', 1), replies('b', 3)],
      [flows('a', 2), flows('b', 3)],
    ],
    ['all replies and nothing else', 'unclear', [replies('a', 3), replies('b', 3), replies('c', 3)], []],
    ['all replies of one, by that machine', 'unclear', [replies('a', 4)], [flows('b', 3, 3), flows('c', 3, 3)]],
    ['probes and replies of one sender', 'sender', [flows('a', 3, 3)], [flows('b', 3, 3), flows('c', 3, 3)]],
    [
      'probes of one sender that answers in time: its prober',
      'unclear',
      [flows('a', 3)],
      [flows('b', 3), flows('c', 3), replies('a', 3)],
    ],
  ] as const) {
    test(`${what}: ${place}`, () => assert.equal(placeOf(heldOnes, passedOnes).place, place));
  }
});

test('a node can make the keys of its own pairs only', () => {
  const [a, b, c] = [1, 2, 3].map(() => generateKeyPairSync('x25519').privateKey) as [never, never, never];
  const member = (name: string, key: never) => ({ name, key: publicKeyOf(key) });
  const [ma, mb, mc] = [member('a', a), member('b', b), member('c', c)];
  const ab = ownKey(a).between(ma, mb);
  assert.deepEqual(ab, ownKey(b).between(ma, mb));
  assert.notDeepEqual(ab, ownKey(c).between(ma, mb));
  assert.notDeepEqual(ab, ownKey(a).between(ma, mc));
  assert.equal(ownKey(a).between(ma, { name: 'd' }), undefined);
  assert.notEqual(pathSecret(ab as Buffer, 'a', 'b', 1), pathSecret(ab as Buffer, 'b', 'a', 1));
});
