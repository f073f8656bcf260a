import type { DetectedPath } from '../../src/detect/detected-path.js';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import type { Pause } from '../../src/model/engine-event.js';
import { allocateSamples, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { normal, seeded } from './build-stream.js';

/** Some seconds of probes: pauses are told together with the probes around them. */
const BATCH = 512;
const BASE_NS = 200 * US;
/** A stall finding is true where a hold of three probes and more ended so near to its release. */
const SAME_NS = 3 * MS;

/** Draws from tables: deviates are slow to make, and places in a table of 65,536 repeat none of their order. */
class Deviates {
  readonly #random: () => number;
  readonly #normals: Float64Array;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#normals = Float64Array.from({ length: 65_536 }, () => normal(this.#random));
  }

  /** 0 to 1. */
  uniform(): number {
    return this.#random();
  }

  normal(): number {
    return this.#normals[(this.#random() * 65_536) | 0] as number;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random());
  }
}

/** One kind of noise. */
export interface Noise {
  readonly name: string;
  readonly intervalNs?: number;
  readonly flows?: number;
  /** A new source of delays beyond the idle RTT, by send instant; instants only grow. */
  readonly delays: (random: Deviates) => (sentNs: number) => number;
  /** Instants at which replies are handed up, this far apart (interrupt coalescing, a timer of the receiver). */
  readonly everyNs?: number;
  /** Packets that the path keeps in order: none passes one that waits. */
  readonly fifo?: boolean;
  /** Pauses of the prober, reported by it: it handles no reply from one instant to another. */
  readonly pauses?: (random: Deviates) => Generator<{ fromNs: number; toNs: number }>;
  /** Holds that are real: what ends a probe's wait at one instant for all; 0 for none. */
  readonly releases?: (sentNs: number) => number;
}

const spikes =
  (share: number, meanNs: number): Noise['delays'] =>
  (random) =>
  () =>
    20 * US * random.uniform() + (random.uniform() < share ? random.exponential(meanNs) : 0);

function* pausesOf(
  random: Deviates,
  everyNs: number,
  fromNs: number,
  toNs: number,
): Generator<{ fromNs: number; toNs: number }> {
  for (let at = random.exponential(everyNs); ; at += SECOND / 2 + random.exponential(everyNs)) {
    yield { fromNs: at, toNs: at + fromNs + (toNs - fromNs) * random.uniform() };
  }
}

/** Two states in turn, of exponential lengths; tells in which an instant lies. */
function states(random: Deviates, goodNs: number, badNs: number): (sentNs: number) => boolean {
  let bad = false;
  let untilNs = random.exponential(goodNs);
  return (sentNs) => {
    while (sentNs >= untilNs) {
      bad = !bad;
      untilNs += random.exponential(bad ? badNs : goodNs);
    }
    return bad;
  };
}

const BEACON_NS = 102.4 * MS;

/** What paths do that nothing holds. */
export const NOISES: readonly Noise[] = [
  { name: 'gaussian, 0.3 ms', delays: (random) => () => 20 * MS + 300 * US * random.normal() },
  { name: 'gaussian, 5 ms, on 16 flows', flows: 16, delays: (random) => () => 40 * MS + 5 * MS * random.normal() },
  { name: 'log-normal, 2 ms, sigma 1', delays: (random) => () => 2 * MS * Math.exp(random.normal()) },
  { name: 'log-normal, 0.3 ms, sigma 1.5', delays: (random) => () => 300 * US * Math.exp(1.5 * random.normal()) },
  { name: 'Pareto, 0.2 ms, alpha 1.5', delays: (random) => () => (200 * US) / (1 - random.uniform()) ** (1 / 1.5) },
  { name: '1 % of spikes, 20 ms on average', delays: spikes(0.01, 20 * MS) },
  { name: '4 % of spikes, 40 ms on average', delays: spikes(0.04, 40 * MS) },
  { name: '0.2 % of spikes, 100 ms on average, 16 flows', flows: 16, delays: spikes(0.002, 100 * MS) },
  { name: '1 % of spikes, 5 ms on average, every 1 ms', intervalNs: MS, delays: spikes(0.01, 5 * MS) },
  {
    name: 'interference: half a second every 5 s of up to 60 ms',
    delays: (random) => {
      const bad = states(random, 5 * SECOND, SECOND / 2);
      return (sentNs) => 50 * US * random.uniform() + (bad(sentNs) ? 60 * MS * random.uniform() : 0);
    },
  },
  {
    name: 'Wi-Fi: retries in order, log-normal contention',
    fifo: true,
    delays: (random) => () =>
      MS * Math.exp(0.8 * random.normal()) + (random.uniform() < 0.02 ? random.exponential(8 * MS) : 0),
  },
  {
    name: 'Wi-Fi power save: what is sent in a doze waits for the next beacon',
    delays: (random) => () => MS * Math.exp(0.5 * random.normal()),
    releases: (sentNs) => {
      const beacon = Math.ceil(sentNs / BEACON_NS);
      return Math.imul(beacon, 2_654_435_761) >>> 28 === 0 ? beacon * BEACON_NS : 0;
    },
  },
  { name: 'interrupt coalescing of 1 ms, 1 % of spikes', everyNs: MS, delays: spikes(0.01, 20 * MS) },
  { name: 'receiver that polls every 4 ms, 1 % of spikes', everyNs: 4 * MS, delays: spikes(0.01, 20 * MS) },
  { name: 'coalescing of 4 ms at probes every 1 ms', intervalNs: MS, everyNs: 4 * MS, delays: spikes(0.001, 5 * MS) },
  {
    name: 'busy CPUs: time slices of 3 to 12 ms',
    delays: (random) => () =>
      random.exponential(100 * US) + (random.uniform() < 0.03 ? (3 + 9 * random.uniform()) * MS : 0),
  },
  {
    name: 'GC-like: the prober does not run for 20 to 80 ms every 2 s',
    delays: spikes(0.001, 10 * MS),
    pauses: (random) => pausesOf(random, 2 * SECOND, 20 * MS, 80 * MS),
  },
  {
    name: 'steal: the prober loses its CPU for 5 to 200 ms',
    flows: 16,
    delays: spikes(0.005, 5 * MS),
    pauses: (random) => pausesOf(random, SECOND, 5 * MS, 200 * MS),
  },
];

export interface NoiseOutcome {
  readonly name: string;
  readonly probes: number;
  /** Stalls that were found though nothing held three probes to one instant, and that no pause marks. */
  readonly false: number;
  /** Of those, by two probes only. */
  readonly falsePairs: number;
  readonly true: number;
  readonly marked: number;
  readonly spikes: number;
}

/** Feeds so many probes of a kind of noise to the detectors at their default settings. */
export function judgeNoise(noise: Noise, probes: number, seed = 1): NoiseOutcome {
  const { intervalNs = 10 * MS, flows = 1 } = noise;
  const path: DetectedPath = { name: noise.name, intervalNs, flows, protocol: 'icmp', freshPerSecond: 0 };
  const bank = createDetectorBank([path], { thresholdNs: 100 * MS, waitNs: 10 * SECOND });
  const random = new Deviates(seed);
  const stream = streamOf(noise, random, intervalNs, flows);
  const seen = { false: 0, falsePairs: 0, true: 0, marked: 0, spikes: 0 };
  const take = (findings: ReturnType<typeof bank.push>): void => {
    for (const finding of findings) {
      if (finding.selfInflicted) seen.marked += 1;
      else if (finding.kind === 'rtt-spike') seen.spikes += 1;
      else if (finding.kind === 'stall') {
        if (stream.wasHeld(finding.release)) seen.true += 1;
        else {
          seen.false += 1;
          if (finding.probes === 2) seen.falsePairs += 1;
        }
      }
    }
  };
  for (let from = 0; from < probes; from += BATCH) {
    const { samples, pauses } = stream.next(from);
    for (const pause of pauses) bank.pause(pause);
    take(bank.push(samples));
  }
  take(bank.finish(probes * intervalNs + 20 * SECOND));
  return { name: noise.name, probes, ...seen };
}

interface NoiseStream {
  next(from: number): { samples: SampleColumns; pauses: Pause[] };
  wasHeld(releaseNs: number): boolean;
}

function streamOf(noise: Noise, random: Deviates, intervalNs: number, flows: number): NoiseStream {
  const delayOf = noise.delays(random);
  const pauses = noise.pauses?.(random);
  const nextPause = (): { fromNs: number; toNs: number } | undefined => pauses?.next().value ?? undefined;
  let pause = nextPause();
  const samples = allocateSamples(BATCH);
  const order = new Float64Array(BATCH);
  const rtts = new Float64Array(BATCH);
  const holds: { releaseNs: number; probes: number }[] = [];
  let lastNs = 0;
  const held = (releaseNs: number): void => {
    const last = holds.at(-1);
    if (last !== undefined && releaseNs - last.releaseNs < MS) last.probes += 1;
    else holds.push({ releaseNs, probes: 1 });
    if (holds.length > 8_192) holds.splice(0, 4_096);
  };
  return {
    wasHeld: (releaseNs) => holds.some((hold) => hold.probes >= 3 && Math.abs(hold.releaseNs - releaseNs) <= SAME_NS),
    next(from) {
      const told: Pause[] = [];
      for (let i = 0; i < BATCH; i += 1) {
        const sentNs = (from + i) * intervalNs;
        let arrivalNs = sentNs + BASE_NS + Math.max(0, delayOf(sentNs));
        const release = noise.releases?.(sentNs) ?? 0;
        if (release > arrivalNs) {
          arrivalNs = release + 50 * US * random.uniform();
          held(release);
        }
        if (noise.fifo === true) {
          // In a queue one slow packet holds those behind it: that is a hold, by the packet before.
          arrivalNs = Math.max(arrivalNs, lastNs + 10 * US);
          held(arrivalNs);
        }
        if (noise.everyNs !== undefined) arrivalNs = Math.ceil(arrivalNs / noise.everyNs) * noise.everyNs;
        while (pause !== undefined && arrivalNs >= pause.toNs) pause = nextPause();
        if (pause !== undefined && arrivalNs >= pause.fromNs) {
          arrivalNs = pause.toNs + 20 * US * random.uniform();
          if (told.at(-1)?.toNs !== pause.toNs)
            told.push({ ...pause, cause: 'late-wake', missedSlots: 0, runDelayNs: -1, stealNs: -1, cpu: -1 });
        }
        lastNs = Math.max(lastNs, arrivalNs);
        rtts[i] = Math.round(arrivalNs - sentNs);
        // The place in the batch stands in the last digits.
        order[i] = Math.round(arrivalNs - from * intervalNs) * BATCH + i;
      }
      order.sort();
      for (let j = 0; j < BATCH; j += 1) {
        const i = (order[j] as number) % BATCH;
        const seq = from + i;
        samples.seq[j] = seq;
        samples.flow[j] = seq % flows;
        samples.dueNs[j] = seq * intervalNs;
        samples.sentNs[j] = seq * intervalNs;
        samples.rttNs[j] = rtts[i] as number;
      }
      return { samples, pauses: told };
    },
  };
}
