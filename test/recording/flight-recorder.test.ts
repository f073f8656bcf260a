import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { HELPER } from '../../src/codec/frames.gen.js';
import type { EngineEvent, ProberHello } from '../../src/model/engine-event.js';
import { allocateSamples } from '../../src/model/sample.js';
import { SECOND } from '../../src/model/time.js';
import { FlightRecorder } from '../../src/recording/flight-recorder.js';
import { KeptFrames } from '../../src/recording/kept-frames.js';
import type { RunInfo } from '../../src/recording/recorded-run.js';
import type { Transport } from '../../src/transports/transport.js';
import { records, rxray } from '../e2e/rxray.js';
import { probeEvents, probeInfo } from './build-recording.js';
import { withFolder } from './temporary-folder.js';

const hello: ProberHello = {
  helper: 'rxray-prober',
  version: '0',
  host: { name: 'h', kernel: '6', machine: 'x' },
  got: {
    scheduling: 'other',
    memoryLocked: false,
    cpu: null,
    timestamps: 'kernel',
    transmitVia: 'raw',
    receiveVia: 'packet',
  },
  paths: [],
  footprint: { packetsPerSecond: 1, conntrackEntries: 0 },
};
const run: RunInfo = {
  command: 'probe',
  version: '0',
  options: {},
  thresholdNs: 1e8,
  engine: 'helper',
  plan: {
    paths: [],
    count: 0,
    durationNs: 0,
    waitNs: 1e9,
    matchNs: 3e10,
    timestamps: 'auto',
    cpu: 'auto',
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1000,
  },
};

/** A helper that says hello and then so many blocks of ten samples. */
const ofBlocks = (blocks: number): EngineEvent[] => [
  { kind: 'start', epochRealNs: 1n, epochMonoNs: 1n, streamId: 1n },
  { kind: 'hello', hello },
  ...Array.from({ length: blocks }, (): EngineEvent => ({ kind: 'samples', samples: allocateSamples(10) })),
];

async function flown(recorder: FlightRecorder, events: Iterable<EngineEvent>): Promise<void> {
  const encoder = new FrameEncoder(HELPER.prober);
  const transport: Transport = {
    place: 'this host',
    launch: () => ({
      output: (async function* () {
        for (const event of events) yield encoder.encode(event);
      })(),
      send: () => {},
      closeInput: () => {},
      terminate: () => {},
      exited: Promise.resolve({ code: 0, signal: null, stderr: '' }),
    }),
  };
  for await (const _ of recorder.tap(transport).launch('rxray-prober', []).output);
}

const options = (folder: string) => ({ keptMs: 60_000, memoryBytes: 20_000, folder, keep: 3, folderBytes: 1e6 });

test('memory is bounded, whatever flies by', () =>
  withFolder(async (folder) => {
    const recorder = new FlightRecorder(options(folder));
    await flown(recorder, ofBlocks(2_000));
    assert.ok(recorder.memoryBytes <= 20_000 && recorder.memoryBytes > 10_000, `${recorder.memoryBytes}`);
  }));

test('what is kept takes a part of its bytes, and comes out as it went in', () => {
  const kept = new KeptFrames();
  const encoder = new FrameEncoder(HELPER.prober);
  const all = [...probeEvents(20_000, 10 * SECOND)].map((event, i) => ({ atMs: i, frames: encoder.encode(event) }));
  for (const chunk of all) kept.push(chunk);
  const bytes = all.reduce((sum, { frames }) => sum + frames.length, 0);
  assert.ok(bytes > 1e6 && kept.bytes < bytes / 2, `${kept.bytes} of ${bytes}`);
  const alike = (from: number): void => {
    const chunks = kept.chunks();
    assert.equal(chunks.length, all.length - from);
    for (const [i, { atMs, frames }] of chunks.entries()) {
      assert.equal(atMs, from + i);
      assert.ok(Buffer.from(frames).equals(Buffer.from(all[from + i]?.frames ?? [])), `chunk ${i}`);
    }
  };
  alike(0);
  // By whole packs, so never what is younger.
  kept.forget(all.length / 2, Infinity);
  const [oldest] = kept.chunks();
  assert.ok(oldest && oldest.atMs > 0 && oldest.atMs <= all.length / 2 + 1);
  alike(oldest.atMs);
  kept.forget(all.length - 3, Infinity);
  const [next] = kept.chunks();
  assert.equal(kept.chunks().length, all.length - (next?.atMs ?? 0));
  kept.forget(all.length, Infinity);
  assert.ok(kept.isEmpty && kept.bytes === 0);
});

test('recordings are bounded in number, the oldest go, and what an earlier process left is taken up', () =>
  withFolder(async (folder) => {
    const recorder = new FlightRecorder(options(folder));
    await recorder.open();
    await flown(recorder, ofBlocks(20));
    for (const name of ['a', 'b', 'c', 'd', 'e']) assert.equal(await recorder.write(name, run, 'h'), `${name}.rxr.gz`);
    assert.deepEqual(readdirSync(folder).sort(), ['c.rxr.gz', 'd.rxr.gz', 'e.rxr.gz']);
    assert.equal(recorder.pathOf('a.rxr.gz'), undefined);
    writeFileSync(join(folder, 'f.rxr.gz.part'), 'half');
    const next = new FlightRecorder({ ...options(folder), keep: 2 });
    await next.open();
    assert.deepEqual(
      next.recordings.map(({ name }) => name),
      ['d.rxr.gz', 'e.rxr.gz'],
    );
    assert.deepEqual(readdirSync(folder).sort(), ['d.rxr.gz', 'e.rxr.gz']);
  }));

test('recordings are bounded in bytes', () =>
  withFolder(async (folder) => {
    const recorder = new FlightRecorder({ ...options(folder), folderBytes: 2_000 });
    await recorder.open();
    await flown(recorder, ofBlocks(20));
    for (const name of ['a', 'b', 'c', 'd']) await recorder.write(name, run, 'h');
    const bytes = recorder.recordings.reduce((sum, recording) => sum + recording.bytes, 0);
    assert.ok(bytes <= 2_000 && recorder.recordings.length >= 1, `${bytes}`);
  }));

test('what cannot be written is counted, and nothing is left of it', () =>
  withFolder(async (folder) => {
    const place = join(folder, 'gone');
    mkdirSync(place);
    const recorder = new FlightRecorder(options(place));
    await recorder.open();
    await flown(recorder, ofBlocks(5));
    rmSync(place, { recursive: true });
    assert.equal(await recorder.write('a', run, 'h'), undefined);
    assert.equal(recorder.failed, 1);
    mkdirSync(place);
    assert.equal(await recorder.write('b', run, 'h'), 'b.rxr.gz');
    assert.deepEqual(readdirSync(place), ['b.rxr.gz']);
  }));

test('the middle of a run is replayed to its end, with its replies and its stalls', () =>
  withFolder(async (folder) => {
    const recorder = new FlightRecorder({ ...options(folder), memoryBytes: 1 << 19, folderBytes: 1e8 });
    await recorder.open();
    const soFar = [...probeEvents(40_000, 10 * SECOND)].filter(({ kind }) => kind !== 'path-totals' && kind !== 'end');
    await flown(recorder, soFar);
    assert.equal(await recorder.write('a', probeInfo(), 'node n'), 'a.rxr.gz');
    const { status, out, err } = await rxray('replay', join(folder, 'a.rxr.gz'), '--json');
    assert.equal(status, 0, err);
    assert.match(err, /^warning W_CUT_OFF: the prober on node n ended early by the end of the recording\n$/);
    const [summary] = records(out, 'summary');
    const received = Number(summary?.received);
    // As many as fit into the memory: more than the reader takes at once.
    assert.ok(received > 20_000 && received < 40_000, `${received}`);
    const stalls = records(out, 'finding').filter(({ kind }) => kind === 'stall');
    assert.ok(Math.abs(stalls.length - received / 1_000) <= 1, `${stalls.length}`);
  }));

test('before a helper has said hello there is nothing to record', () =>
  withFolder(async (folder) => {
    const recorder = new FlightRecorder(options(folder));
    await recorder.open();
    assert.equal(await recorder.write('a', run, 'h'), undefined);
    assert.equal(recorder.failed, 0);
  }));
