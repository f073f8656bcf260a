import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { HELPER } from '../../src/codec/frames.gen.js';
import type { Counters, EngineEvent, ProberHello } from '../../src/model/engine-event.js';
import { allocateSamples, REPLIES, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import type { ProbeInfo } from '../../src/recording/recorded-run.js';
import { Recorder, type RecorderOptions } from '../../src/recording/recorder.js';
import { SAME_CLOCK } from '../../src/transports/transport.js';

export const EPOCH_REAL_NS = 1_795_310_073_411_234_000n;
export const STREAM = 'vantage local';
export const PATH = 'local>192.0.2.7:443/syn';

const FLOWS = 4;
const INTERVAL_NS = 10 * MS;
/** As the prober writes: what 50 ms brought. */
const SAMPLES_PER_BLOCK = 5;

export interface RecordingSettings extends Partial<RecorderOptions> {
  readonly samples: number;
  /** A stall of 140 ms this often; 0 for none. */
  readonly stallEveryNs?: number;
  readonly thresholdNs?: number;
  /** Wait for the disk now and then, as a recording in real time has time for it. */
  readonly eachWritten?: boolean;
}

export function probeInfo(thresholdNs = 100 * MS): ProbeInfo {
  return {
    command: 'probe',
    version: '0.1.0',
    engine: 'helper',
    thresholdNs,
    options: { targets: ['192.0.2.7:443'] },
    plan: {
      paths: [
        {
          name: PATH,
          protocol: 'syn',
          address: '192.0.2.7',
          port: 443,
          flows: FLOWS,
          freshPerSecond: 0,
          intervalNs: INTERVAL_NS,
        },
      ],
      count: 0,
      durationNs: 0,
      waitNs: SECOND,
      matchNs: 30 * SECOND,
      timestamps: 'auto',
      cpu: 'auto',
      scheduling: 'auto',
      maxPacketsPerSecondToTarget: 1_000,
    },
  };
}

export const HELLO: ProberHello = {
  helper: 'rxray-prober',
  version: '0.1.0',
  host: { name: 'shell', kernel: '6.1.0', machine: 'x86_64' },
  got: {
    scheduling: 'fifo',
    memoryLocked: true,
    cpu: 3,
    timestamps: 'kernel',
    transmitVia: 'error queue',
    receiveVia: 'packet ring',
  },
  paths: [{ path: 0, interface: 'eth0', source: '192.0.2.1', sourcePorts: [61_000, 61_003] }],
  footprint: { packetsPerSecond: 100, conntrackEntries: 4 },
};

/** The events of one path probed every 10 ms, as the prober reports them. */
export function* probeEvents(samples: number, stallEveryNs = 0): Generator<EngineEvent> {
  yield { kind: 'start', epochRealNs: EPOCH_REAL_NS, epochMonoNs: 86_400n * 1_000_000_000n, streamId: 7n };
  yield { kind: 'hello', hello: HELLO };
  for (let first = 0; first < samples; first += SAMPLES_PER_BLOCK) {
    const length = Math.min(SAMPLES_PER_BLOCK, samples - first);
    yield { kind: 'samples', samples: block(first, length, stallEveryNs) };
    const timeNs = (first + length) * INTERVAL_NS;
    if (timeNs % SECOND === 0) yield { kind: 'counters', counters: counters(timeNs, first + length) };
  }
  const totals = { sent: samples, received: samples, late: 0, lost: 0, inFlight: 0, sendFailed: 0, errors: 0 };
  yield { kind: 'counters', counters: counters(samples * INTERVAL_NS, samples) };
  yield { kind: 'path-totals', totals: { path: 0, ...totals, duplicates: 0, missedSlots: 0 } };
  yield { kind: 'end', timeNs: samples * INTERVAL_NS, reason: 'complete' };
}

/** Writes a recording of them. */
export async function buildRecording(file: string, settings: RecordingSettings): Promise<void> {
  const { samples, stallEveryNs, thresholdNs, eachWritten = false, ...options } = settings;
  const recorder = await Recorder.open(file, probeInfo(thresholdNs), {
    onTrouble: (trouble) => {
      throw trouble;
    },
    ...options,
  });
  const stream = recorder.stream(STREAM, 'this host', SAME_CLOCK);
  const encoder = new FrameEncoder(HELPER.prober);
  for (const event of probeEvents(samples, stallEveryNs)) {
    await stream.take(encoder.encode(event));
    stream.done();
    if (eachWritten) await recorder.written();
  }
  await stream.end({ code: 0, signal: null, stderr: '' });
  stream.closed();
  await recorder.close();
}

function block(first: number, length: number, stallEveryNs: number): SampleColumns {
  const columns = allocateSamples(length);
  for (let i = 0; i < length; i += 1) {
    const seq = first + i;
    const dueNs = seq * INTERVAL_NS;
    const noise = (Math.imul(seq, 1_664_525) + 1_013_904_223) >>> 14;
    const left = stallEveryNs > 0 ? stallEveryNs - (dueNs % stallEveryNs) : Number.POSITIVE_INFINITY;
    columns.seq[i] = seq;
    columns.flow[i] = seq % FLOWS;
    columns.dueNs[i] = dueNs;
    columns.sentNs[i] = dueNs + 20 * US;
    columns.rttNs[i] = left <= 140 * MS ? left + 200 * US : 200 * US + noise;
    columns.reply[i] = REPLIES.indexOf('syn-ack');
    columns.ttl[i] = 59;
  }
  return columns;
}

function counters(timeNs: number, sent: number): Counters {
  const none = { late: 0, lost: 0, sendFailed: 0, errors: 0, missedSlots: 0, duplicates: 0, strays: 0, forged: 0 };
  const unseen = { droppedRecords: 0, kernelDrops: 0, sentStampsMissing: 0, inFlight: 0 };
  return {
    timeNs,
    sent,
    received: sent,
    ...none,
    ...unseen,
    cpuUserNs: 1_000 * sent,
    cpuSystemNs: 2_000 * sent,
    residentBytes: 1 << 20,
  };
}
