import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksum } from '../../src/codec/checksum.js';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import {
  ARRIVAL_FLAGS,
  BLOCK_LAYOUT,
  DIRECTION,
  HEADER_LAYOUT,
  HELPER,
  OUTCOME,
  REPLY,
  SAMPLE_FLAGS,
  SAMPLE_LAYOUT,
} from '../../src/codec/frames.gen.js';
import { decodePlan, encodePlan } from '../../src/codec/plan/probe-plan-text.js';
import { encodeWatchPlan } from '../../src/codec/plan/watch-plan-text.js';
import { ArrivalFlags, allocateArrivals, DIRECTIONS } from '../../src/model/arrival.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { CodedError } from '../../src/model/errors.js';
import { allocateSamples, OUTCOMES, REPLIES, routerOf, SampleFlags } from '../../src/model/sample.js';

const start: EngineEvent = {
  kind: 'start',
  epochRealNs: 1_795_310_073_411_234_000n,
  epochMonoNs: 86_400_000_000_123n,
  streamId: 0xfedc_ba98_7654_3210n,
};

function samples(count: number): Extract<EngineEvent, { kind: 'samples' }> {
  const columns = allocateSamples(count);
  for (let index = 0; index < count; index += 1) {
    columns.dueNs[index] = index * 10_000_000;
    columns.sentNs[index] = index * 10_000_000 + 12_345 - (index === 0 ? 20_000 : 0);
    columns.rttNs[index] = index % 7 === 3 ? -1 : 127_104_321;
    columns.path[index] = index % 3;
    columns.seq[index] = 0xffff_fff0 + index;
    columns.lagNs[index] = index;
    columns.flow[index] = index % 16;
    columns.errorCode[index] = index % 5;
    columns.outcome[index] = index % OUTCOMES.length;
    columns.reply[index] = index % REPLIES.length;
    columns.ttl[index] = 59;
    columns.flags[index] = index % 128;
    columns.txDelayNs[index] = index === 5 ? 0xffff_ffff : index * 40_000;
    columns.icmpType[index] = 3;
    columns.icmpCode[index] = index % 16;
  }
  return { kind: 'samples', samples: columns };
}

function arrivals(count: number): Extract<EngineEvent, { kind: 'arrivals' }> {
  const columns = allocateArrivals(count);
  for (let index = 0; index < count; index += 1) {
    columns.timeNs[index] = 2 ** 52 + index * 10_000_000 - (index === 0 ? 2 ** 52 + 5 : 0);
    columns.path[index] = index % 3;
    columns.seq[index] = 0xffff_fff0 + index;
    columns.flow[index] = index % 4 === 3 ? 0xffff : index;
    columns.direction[index] = index % 2;
    columns.flags[index] = index % 16;
    columns.reply[index] = index % REPLIES.length;
  }
  return { kind: 'arrivals', arrivals: columns };
}

const watcherHello: EngineEvent = {
  kind: 'hello',
  hello: {
    helper: 'rxray-prober',
    version: '0.1.0',
    host: { name: 'node-7', kernel: '6.18.0', machine: 'x86_64' },
    got: {
      scheduling: 'fifo',
      memoryLocked: true,
      cpu: null,
      timestamps: 'kernel',
      transmitVia: 'nothing',
      receiveVia: 'packet ring, both directions',
    },
    paths: [
      { path: 0, interface: 'eth0', source: '192.0.2.1', sourcePorts: [61000, 61015], freshPorts: [20000, 20649] },
      { path: 1, interface: 'eth0', source: '192.0.2.1', sourcePorts: null, icmpId: 4711 },
    ],
    footprint: { packetsPerSecond: 0, conntrackEntries: 0 },
    watching: [{ interface: 'eth0', filterInstructions: 180 }],
    local: {
      interfaces: [{ interface: 'eth0', rxQueues: 4, queueOfThread: 'order' }],
      heartbeats: { cpus: [0, 1], realtime: true, serving: null },
      threads: [{ thread: 4658, kind: 'napi', queue: 3 }],
      softnet: true,
    },
  },
};

const events: EngineEvent[] = [
  start,
  { kind: 'warning', code: 'W_TEST', message: 'größer als 100 ms' },
  samples(100),
  {
    kind: 'pause',
    pause: {
      fromNs: 5,
      toNs: 150_000_005,
      cause: 'missed-slots',
      missedSlots: 15,
      runDelayNs: -1,
      stealNs: 7,
      cpu: -1,
    },
  },
  {
    kind: 'counters',
    counters: {
      timeNs: 1_000_000_000,
      sent: 100,
      received: 99,
      late: 1,
      lost: 1,
      sendFailed: 2,
      errors: 3,
      missedSlots: 4,
      duplicates: 5,
      strays: 6,
      forged: 7,
      droppedRecords: 8,
      kernelDrops: 9,
      sentStampsMissing: 10,
      inFlight: 11,
      cpuUserNs: 12,
      cpuSystemNs: 2 ** 52,
      residentBytes: 13,
    },
  },
  { kind: 'clock', clock: { timeNs: 1_000_000_000, realDriftNs: -1_234, stepNs: -500_000_000, uncertaintyNs: 80 } },
  {
    kind: 'path-totals',
    totals: {
      path: 2,
      missedSlots: 15,
      sent: 100,
      received: 99,
      late: 1,
      lost: 1,
      inFlight: 0,
      sendFailed: 0,
      errors: 0,
      duplicates: 2,
    },
  },
  watcherHello,
  arrivals(40),
  {
    kind: 'cpu-gap',
    gap: { fromNs: -5, toNs: 130_000_000, stealNs: -1, cpu: 1, servesInterface: true, realtime: false },
  },
  {
    kind: 'thread-delay',
    delay: {
      fromNs: 1,
      toNs: 120_000_001,
      delayNs: 120_000_000,
      thread: 4_000_000,
      threadKind: 'napi',
      uncertaintyNs: 5_000_000,
      cpu: 300,
      queue: 3,
    },
  },
  {
    kind: 'thread-delay',
    delay: {
      fromNs: 1,
      toNs: 9_000_001,
      delayNs: 9_000_000,
      thread: 22,
      threadKind: 'ksoftirqd',
      uncertaintyNs: 0,
      cpu: -1,
      queue: -1,
    },
  },
  { kind: 'softnet', softnet: { fromNs: 1, toNs: 100_000_001, timeSqueeze: 7, dropped: 2 ** 32 - 1, cpu: 1 } },
  { kind: 'end', timeNs: 2_000_000_000, reason: 'complete' },
];

function encode(list: readonly EngineEvent[]): Uint8Array {
  const encoder = new FrameEncoder(HELPER.prober);
  return Buffer.concat(list.map((event) => encoder.encode(event)));
}

function decode(bytes: Uint8Array, cut = bytes.length): EngineEvent[] {
  const decoder = new FrameDecoder();
  const out: EngineEvent[] = [];
  for (let at = 0; at < bytes.length; at += cut) out.push(...decoder.push(bytes.subarray(at, at + cut)));
  assert.equal(decoder.finish().unreadBytes, 0);
  return out;
}

function refusal(run: () => unknown): CodedError {
  try {
    run();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

const MINIMAL = {
  paths: [],
  count: 0,
  durationNs: 0,
  waitNs: 1,
  matchNs: 1,
  timestamps: 'auto',
  cpu: 'auto',
  scheduling: 'auto',
  maxPacketsPerSecondToTarget: 1,
} as const;

test('every kind of event comes out of the frames as it went in', () => {
  assert.deepEqual(decode(encode(events)), events);
});

test('the senders of ICMP errors come along by their numbers, whatever family they are of', () => {
  const { samples: columns } = samples(4);
  const routers = new Map([
    [1, '192.0.2.254'],
    [2, '2001:db8::fe'],
    [7, '::1'],
  ]);
  columns.router.set([0, 7, 1, 2]);
  const [, event] = decode(encode([start, { kind: 'samples', samples: { ...columns, routers } }]));
  assert.ok(event?.kind === 'samples');
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => routerOf(event.samples, index)),
    [undefined, '::1', '192.0.2.254', '2001:db8::fe'],
  );
});

test('samples of the first version, which end before the way out, are read without it', () => {
  const whole = encode([start, samples(3)]);
  const headBytes = HEADER_LAYOUT.bytes + BLOCK_LAYOUT.bytes;
  const records = [0, 1, 2].map((index) => {
    const at = headBytes + index * SAMPLE_LAYOUT.bytes;
    return whole.subarray(at, at + SAMPLE_LAYOUT.leastBytes);
  });
  const old = Buffer.concat([whole.subarray(0, headBytes), ...records]);
  const block = old.subarray(HEADER_LAYOUT.bytes);
  block.writeUInt16LE(SAMPLE_LAYOUT.leastBytes, BLOCK_LAYOUT.recordBytes);
  block.writeUInt32LE(0, BLOCK_LAYOUT.crc32);
  block.writeUInt32LE(checksum(block), BLOCK_LAYOUT.crc32);
  const [, now] = decode(whole);
  for (const joinSamples of [false, true]) {
    const [, before] = new FrameDecoder({ joinSamples }).push(old);
    assert.ok(now?.kind === 'samples' && before?.kind === 'samples');
    assert.equal(before.samples.length, 3);
    assert.deepEqual([...before.samples.rttNs.slice(0, 3)], [...now.samples.rttNs]);
    assert.deepEqual([...before.samples.txDelayNs.slice(0, 3)], [0, 0, 0], 'which means unknown');
  }
});

test('blocks of samples put together hold what each held, in columns of their own until the next bytes', () => {
  const counters = events.find(({ kind }) => kind === 'counters') as EngineEvent;
  const whole = [start, samples(5), samples(300), counters, samples(7), samples(1), counters, samples(600)];
  const bytes = encode(whole);
  const half = bytes.length >> 1;
  const decoder = new FrameDecoder({ joinSamples: true });
  const seen: number[] = [];
  for (const chunk of [bytes.subarray(0, half), bytes.subarray(half)]) {
    const joined = decoder.push(chunk).flatMap((event) => (event.kind === 'samples' ? [event.samples] : []));
    // Only once all events of the chunk are made: none may stand where another one does.
    for (const { length, lagNs, seq, rttNs, cuts } of joined) {
      assert.equal(cuts?.at(-1), length);
      for (let i = 0; i < length; i += 1) {
        const index = lagNs[i] as number;
        seen.push(index);
        assert.equal(seq[i], (0xffff_fff0 + index) >>> 0);
        assert.equal(rttNs[i], index % 7 === 3 ? -1 : 127_104_321);
      }
    }
  }
  const expected = whole.flatMap((event) => (event.kind === 'samples' ? [...event.samples.lagNs] : []));
  assert.deepEqual(seen, expected);
});

test('the cuts of the pipe do not matter', () => {
  const bytes = encode(events);
  for (const cut of [1, 7, 31, 32, 33, 1000]) assert.deepEqual(decode(bytes, cut), events, `cut every ${cut} bytes`);
});

test('the codes of outcomes and replies are those of the model', () => {
  assert.deepEqual(
    Object.entries(OUTCOME)
      .sort((a, b) => a[1] - b[1])
      .map(([name]) => name),
    [...OUTCOMES],
  );
  assert.deepEqual(
    Object.entries(REPLY)
      .sort((a, b) => a[1] - b[1])
      .map(([name]) => name),
    [...REPLIES],
  );
});

test('the codes of directions and the bits of flags are those of the model', () => {
  assert.deepEqual(Object.keys(DIRECTION), [...DIRECTIONS]);
  assert.deepEqual({ ...ArrivalFlags }, { ...ARRIVAL_FLAGS });
  assert.deepEqual({ ...SampleFlags }, { ...SAMPLE_FLAGS });
});

test('a plan that only looks on is written as the helper reads it', () => {
  const secret = '00112233445566778899aabbccddeeff';
  const text = encodeWatchPlan({
    secret,
    watches: [
      {
        path: 3,
        as: 7,
        protocol: 'syn',
        target: '192.0.2.2',
        source: '192.0.2.1',
        port: 30927,
        ports: [61000, 61015],
        freshPorts: [20000, 20649],
        interface: 'eth0',
        tunnel: true,
      },
      { path: 1, protocol: 'icmp', target: '2001:db8::2', source: '2001:db8::1', icmpId: 9, interface: 'eth1' },
    ],
    local: ['eth0'],
    cpu: 2,
  });
  assert.deepEqual(text.split('\n'), [
    'rxray-plan 1',
    'duration-ns 0',
    'cpu 2',
    `secret ${secret}`,
    'watch 3 syn 192.0.2.2 as=7 port=30927 source=192.0.2.1 ports=61000-61015 fresh=20000-20649 if=eth0 tunnel=1',
    'watch 1 icmp 2001:db8::2 source=2001:db8::1 id=9 if=eth1',
    'local if=eth0',
    'run',
    '',
  ]);
  assert.ok(encodePlan({ ...MINIMAL, secret }).includes(`\nsecret ${secret}\n`));
  assert.ok(!encodePlan(MINIMAL).includes('secret'));
});

test('a watch names source ports one by one', () => {
  const watch = {
    path: 0,
    protocol: 'syn',
    target: '192.0.2.2',
    source: '192.0.2.1',
    port: 80,
    interface: 'eth0',
  } as const;
  const ports = { ports: [61_001, 61_040], fromPorts: [61_003, 61_001, 61_040] } as const;
  const text = encodeWatchPlan({ watches: [{ ...watch, ...ports }], local: [] });
  assert.ok(text.includes('\nwatch 0 syn 192.0.2.2 port=80 source=192.0.2.1 ports=61003,61001,61040 if=eth0\n'), text);
});

test('a plan names source ports one by one, and is read again as it was written', () => {
  const path = { name: 'path 0', protocol: 'syn', address: '192.0.2.2', port: 80, freshPerSecond: 0 } as const;
  const plan = { ...MINIMAL, paths: [{ ...path, intervalNs: 5, flows: 3, fromPorts: [61_003, 61_001, 61_040] }] };
  const text = encodePlan(plan);
  assert.ok(text.includes('\npath 0 syn 192.0.2.2 port=80 ports=61003,61001,61040 interval-ns=5\n'), text);
  assert.deepEqual(decodePlan(text).paths, plan.paths);
  const careful = { ...plan, paths: plan.paths.map((own) => ({ ...own, insteadPorts: [61_004, 0, 61_041] })) };
  assert.ok(encodePlan(careful).includes(' ports=61003,61001,61040 else=61004,0,61041 '), encodePlan(careful));
  assert.deepEqual(decodePlan(encodePlan(careful)).paths, careful.paths);
});

test('a cut-off tail is left over, not an error', () => {
  const bytes = encode(events);
  const decoder = new FrameDecoder();
  const whole = decoder.push(bytes.subarray(0, bytes.length - 5));
  assert.equal(whole.length, events.length - 1);
  const { unreadBytes, offset } = decoder.finish();
  assert.equal(offset + unreadBytes, bytes.length - 5);
});

test('a flipped bit in any block is found, and named by its offset', () => {
  const bytes = encode([start, samples(10)]);
  for (let at = HEADER_LAYOUT.bytes; at < bytes.length; at += 3) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    const decoder = new FrameDecoder();
    let error: CodedError | undefined;
    try {
      decoder.push(damaged);
    } catch (caught) {
      if (!(caught instanceof CodedError)) throw caught;
      error = caught;
    }
    // A length that grew leaves a block that never ends: then it is the unread tail that tells.
    if (error) assert.match(error.message, new RegExp(`^damaged at byte ${HEADER_LAYOUT.bytes}:`));
    else assert.equal(decoder.finish().unreadBytes, bytes.length - HEADER_LAYOUT.bytes);
  }
});

test('a missing block is found by its number', () => {
  const encoder = new FrameEncoder(HELPER.prober);
  const [head, , third] = [encoder.encode(start), encoder.encode(samples(1)), encoder.encode(samples(1))];
  assert.match(refusal(() => decode(Buffer.concat([head, third]))).message, /block 1 follows where block 0 is due/);
});

test('a stream of a newer version is refused with what to do', () => {
  const bytes = encode([start]);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(HEADER_LAYOUT.version, 2, true);
  const error = refusal(() => decode(bytes));
  assert.equal(error.code, 'E_FRAMES_VERSION');
  assert.match(error.remedy, /newer/);
});

test('something else than frames is refused at its first byte', () => {
  assert.equal(refusal(() => decode(new TextEncoder().encode('PING 127.0.0.1'))).code, 'E_FRAMES');
});

test('record types of a later time are passed over', () => {
  const encoder = new FrameEncoder(HELPER.prober);
  const head = encoder.encode(start);
  const unknown = encoder.encode({ kind: 'end', timeNs: 1, reason: 'complete' });
  const view = new DataView(unknown.buffer, unknown.byteOffset);
  view.setUint16(BLOCK_LAYOUT.type, 999, true);
  const sealed = new FrameDecoder();
  const end = encoder.encode({ kind: 'end', timeNs: 2, reason: 'complete' });
  view.setUint32(BLOCK_LAYOUT.crc32, blockChecksum(unknown), true);
  const out = sealed.push(Buffer.concat([head, unknown, end]));
  assert.deepEqual(out, [start, { kind: 'end', timeNs: 2, reason: 'complete' }]);
});

test('records that the helper dropped are told before the block they are missing from', () => {
  const lost: EngineEvent = { kind: 'lost-records', count: 12, because: 'the reader was too slow' };
  assert.deepEqual(decode(encode([start, lost, samples(1)])), [start, lost, samples(1)]);
});

/** CRC-32 bit by bit, as a second opinion on the one the decoder takes from zlib. */
function blockChecksum(block: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let index = 0; index < block.length; index += 1) {
    const inField = index >= BLOCK_LAYOUT.crc32 && index < BLOCK_LAYOUT.crc32 + 4;
    crc ^= inField ? 0 : (block[index] ?? 0);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

test('a request that was given up and answered after all: both samples have their phases', () => {
  const columns = allocateSamples(2);
  columns.seq.set([7, 7]);
  const detail = (bytes: number) =>
    ({ phases: { connect: bytes }, reached: 'body', bytes, reused: false, retried: false }) as const;
  const requests = new Map([0, 1].map((index) => [index, detail(index + 1)]));
  const [, told] = decode(encode([start, { kind: 'samples', samples: { ...columns, requests } }]));
  assert.deepEqual(
    told?.kind === 'samples' && [...(told.samples.requests ?? [])].map(([index, { bytes }]) => [index, bytes]),
    [...requests].map(([index, { bytes }]) => [index, bytes]),
  );
});
