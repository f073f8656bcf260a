import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { HELPER } from '../../src/codec/frames.gen.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { ProbePlan } from '../../src/model/plan.js';
import { allocateSamples, Outcomes, REPLIES } from '../../src/model/sample.js';
import { PROBE_STREAM } from '../../src/recording/recorded-run.js';
import { Recorder } from '../../src/recording/recorder.js';
import { SAME_CLOCK } from '../../src/transports/transport.js';

const MS = 1_000_000;
const SYN_ACK = REPLIES.indexOf('syn-ack');
const BATCH = 4_096;
const FLOWS = 16;

export interface GeneratedRun {
  readonly samples: number;
  readonly paths: number;
  readonly intervalNs: number;
  /** A stall that holds every fourth flow begins so often. */
  readonly stallEveryNs: number;
}

/** The one slowest probe of a generated run, which no picking may lose. */
export const SLOWEST_MS = 913.7;

/** Writes a recording of probe with the real recorder and the real encoder: a quiet run, stalls, losses, one spike. */
export async function writeRecording(file: string, run: GeneratedRun): Promise<void> {
  const plan: ProbePlan = {
    paths: Array.from({ length: run.paths }, (_, path) => ({
      name: `local>10.0.0.${path + 1}:443/syn`,
      protocol: 'syn',
      address: `10.0.0.${path + 1}`,
      port: 443,
      flows: FLOWS,
      freshPerSecond: 0,
      intervalNs: run.intervalNs,
    })),
    count: Math.ceil(run.samples / run.paths),
    durationNs: 0,
    waitNs: 1000 * MS,
    matchNs: 30_000 * MS,
    timestamps: 'auto',
    cpu: 'auto',
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1_000,
  };
  const info = {
    command: 'probe',
    version: '0.1.0',
    options: {},
    thresholdNs: 50 * MS,
    engine: 'helper',
    plan,
  } as const;
  const recorder = await Recorder.open(file, structuredClone(info) as never, {
    onTrouble: (trouble) => {
      throw trouble;
    },
  });
  const stream = recorder.stream(PROBE_STREAM, 'this host', SAME_CLOCK);
  const encoder = new FrameEncoder(HELPER.prober);
  const write = async (event: EngineEvent): Promise<void> => {
    await stream.take(encoder.encode(event));
    stream.done();
  };
  await write({
    kind: 'start',
    epochRealNs: 1_795_310_073_411_234_000n,
    epochMonoNs: 86_400_000_000_000n,
    streamId: 7n,
  });
  await write({ kind: 'hello', hello: helloOf(plan) });
  for (let first = 0; first < run.samples; first += BATCH) {
    await write({ kind: 'samples', samples: batch(run, first, Math.min(BATCH, run.samples - first)) });
  }
  const endNs = Math.ceil(run.samples / run.paths) * run.intervalNs;
  await write({ kind: 'end', timeNs: endNs + 2_000 * MS, reason: 'complete' });
  await stream.end({ code: 0, signal: null, stderr: '' });
  stream.closed();
  await new Promise(setImmediate);
  await recorder.close();
}

function batch({ paths, intervalNs, stallEveryNs, samples: total }: GeneratedRun, first: number, length: number) {
  const samples = allocateSamples(length);
  for (let index = 0; index < length; index += 1) {
    const number = first + index;
    const path = number % paths;
    const seq = Math.floor(number / paths);
    const sentNs = seq * intervalNs + 1_000 * path;
    const flow = seq % FLOWS;
    const intoStallNs = sentNs % stallEveryNs;
    const lengthNs = 130 * MS;
    const held = sentNs > stallEveryNs && flow % 4 === 0 && path < 2 && intoStallNs < lengthNs;
    const usualNs = 180_000 + ((number * 7_919) % 60_000);
    const lost = number % 250_007 === 250_006;
    const slowest = number === Math.floor(total / 3);
    samples.path[index] = path;
    samples.seq[index] = seq;
    samples.flow[index] = flow;
    samples.dueNs[index] = sentNs;
    samples.sentNs[index] = sentNs;
    samples.rttNs[index] = slowest ? SLOWEST_MS * MS : lost ? -1 : held ? lengthNs - intoStallNs + usualNs : usualNs;
    samples.outcome[index] = lost && !slowest ? Outcomes.lost : Outcomes.reply;
    samples.reply[index] = lost && !slowest ? 0 : SYN_ACK;
    samples.ttl[index] = lost ? 0 : 60;
  }
  return samples;
}

function helloOf(plan: ProbePlan): Extract<EngineEvent, { kind: 'hello' }>['hello'] {
  return {
    helper: 'rxray-prober',
    version: '0.1.0',
    host: { name: 'shell', kernel: '6.1.0', machine: 'x86_64' },
    got: {
      scheduling: 'fifo',
      memoryLocked: true,
      cpu: 0,
      timestamps: 'kernel',
      transmitVia: 'raw socket',
      receiveVia: 'packet socket',
    },
    paths: plan.paths.map((_, path) => ({
      path,
      interface: 'eth0',
      source: '172.16.99.10',
      sourcePorts: [40_000 + FLOWS * path, 40_015 + FLOWS * path],
    })),
    footprint: { packetsPerSecond: 400, conntrackEntries: 64 },
  };
}
