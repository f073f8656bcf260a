import type { DetectedPath } from '../../src/detect/detected-path.js';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import type { Pause } from '../../src/model/engine-event.js';
import type { Finding } from '../../src/model/finding.js';
import {
  allocateSamples,
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  Outcomes,
  type SampleColumns,
  takeSamples,
} from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';

/** Numbers from 0 to 1 that depend on nothing but the seed (the mulberry32 generator). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A normal deviate, by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Jitter with a log-normal tail: median `medianNs`, 99.9 % below about 22 times that at sigma 1. */
export function logNormal(random: () => number, medianNs: number, sigma: number): number {
  return medianNs * Math.exp(sigma * normal(random));
}

/** A queue of the simulated host is not served from `fromNs` to `toNs`. */
export interface SimulatedStall {
  readonly fromNs: number;
  readonly toNs: number;
  /** All queues where it is left out. */
  readonly queue?: number;
}

export interface StreamOptions {
  readonly seed?: number;
  readonly durationNs?: number;
  readonly intervalNs?: number;
  readonly flows?: number;
  readonly queues?: number;
  readonly queueOf?: (flow: number) => number;
  readonly freshPerSecond?: number;
  /** RTT of an idle path; half of it each way. */
  readonly baseNs?: number;
  /** Added to each RTT on the way back. */
  readonly jitterNs?: (random: () => number) => number;
  readonly stalls?: readonly SimulatedStall[];
  /** From one released probe to the next of the same queue. */
  readonly drainNs?: number;
  /** Further delay of a probe, by its send instant and flow. */
  readonly delayNs?: (sentNs: number, flow: number) => number;
  readonly isLost?: (sentNs: number, flow: number, random: () => number) => boolean;
  /** Slots that are never sent. */
  readonly isMissed?: (sentNs: number) => boolean;
  readonly waitNs?: number;
}

export interface SimulatedProbe {
  readonly seq: number;
  readonly flow: number;
  readonly sentNs: number;
  readonly rttNs: number;
  readonly lost: boolean;
  /** How long a stall held it. */
  readonly heldNs: number;
}

/** A stream as a prober delivers it, and what happened on the way. */
export interface SimulatedStream {
  readonly path: DetectedPath;
  readonly samples: SampleColumns;
  readonly probes: readonly SimulatedProbe[];
  readonly endNs: number;
}

const DEFAULTS = {
  seed: 1,
  durationNs: 5 * SECOND,
  intervalNs: 10 * MS,
  flows: 1,
  queues: 1,
  freshPerSecond: 0,
  baseNs: 200 * US,
  drainNs: 2 * US,
  waitNs: 1 * SECOND,
};

/** Simulates one path: probes on a grid, hashed onto queues that stall, delivered in the order of their outcomes. */
export function buildStream(options: StreamOptions = {}): SimulatedStream {
  const o = { ...DEFAULTS, ...options };
  const random = seeded(o.seed);
  const queueOf = o.queueOf ?? ((flow: number) => flow % o.queues);
  const jitter = o.jitterNs ?? ((r: () => number) => 20 * US * r());
  const releasedAt = new Map<string, number>();
  const probes: SimulatedProbe[] = [];
  for (const { seq, flow, sentNs } of schedule(o)) {
    const queue = flow === FRESH_FLOW ? Math.floor(random() * o.queues) : queueOf(flow);
    const reachedNs = sentNs + o.baseNs / 2;
    let leftNs = reachedNs;
    for (const stall of o.stalls ?? []) {
      if ((stall.queue === undefined || stall.queue === queue) && leftNs >= stall.fromNs && leftNs < stall.toNs) {
        const key = `${queue}/${stall.toNs}`;
        leftNs = Math.max(stall.toNs, (releasedAt.get(key) ?? 0) + o.drainNs);
        releasedAt.set(key, leftNs);
      }
    }
    const rttNs = Math.round(leftNs - sentNs + o.baseNs / 2 + jitter(random) + (o.delayNs?.(sentNs, flow) ?? 0));
    const lost = o.isLost?.(sentNs, flow, random) ?? false;
    probes.push({ seq, flow, sentNs, rttNs, lost, heldNs: leftNs - reachedNs });
  }
  return {
    path: pathOf(options),
    samples: inOrderOfOutcome(probes, o.waitNs),
    probes,
    endNs: o.durationNs + 2 * SECOND,
  };
}

export function pathOf(options: StreamOptions = {}): DetectedPath {
  const { intervalNs, flows, freshPerSecond } = { ...DEFAULTS, ...options };
  return { name: 'local>node/syn', intervalNs, flows, protocol: 'syn', freshPerSecond };
}

/** What the detectors find in a stream, its batches of `batch` samples pushed one after the other. */
export function findIn(
  stream: SimulatedStream,
  settings: { thresholdNs?: number; stallThresholdNs?: number; batch?: number; pauses?: readonly Pause[] } = {},
): Finding[] {
  const { thresholdNs = 100 * MS, stallThresholdNs, batch = 64, pauses = [] } = settings;
  const bank = createDetectorBank([stream.path], { thresholdNs, stallThresholdNs, waitNs: DEFAULTS.waitNs });
  const findings: Finding[] = [];
  for (const pause of pauses) {
    bank.pause(pause);
  }
  for (const part of batches(stream.samples, batch)) {
    findings.push(...bank.push(part));
  }
  findings.push(...bank.finish(stream.endNs));
  return findings;
}

/** Cuts samples in portions of `size`. */
export function* batches(samples: SampleColumns, size: number): Generator<SampleColumns> {
  for (let from = 0; from < samples.length; from += size) {
    const to = Math.min(samples.length, from + size);
    const part: Record<string, unknown> = { length: to - from };
    for (const [name, column] of Object.entries(samples)) {
      if (typeof column !== 'number') {
        part[name] = column.slice(from, to);
      }
    }
    yield part as unknown as SampleColumns;
  }
}

function* schedule(o: typeof DEFAULTS & StreamOptions): Generator<{ seq: number; flow: number; sentNs: number }> {
  const freshEvery = o.freshPerSecond > 0 ? SECOND / o.freshPerSecond : Number.POSITIVE_INFINITY;
  let fresh = 0;
  for (let seq = 0; seq * o.intervalNs < o.durationNs; seq += 1) {
    const sentNs = seq * o.intervalNs;
    while (fresh * freshEvery + o.intervalNs / 2 < sentNs) {
      const freshNs = Math.round(fresh * freshEvery + o.intervalNs / 2);
      yield { seq: (FRESH_SEQ_BIT | fresh) >>> 0, flow: FRESH_FLOW, sentNs: freshNs };
      fresh += 1;
    }
    if (!o.isMissed?.(sentNs)) {
      yield { seq, flow: seq % o.flows, sentNs };
    }
  }
}

function inOrderOfOutcome(probes: readonly SimulatedProbe[], waitNs: number): SampleColumns {
  const outcomes: { probe: SimulatedProbe; atNs: number; outcome: number }[] = [];
  for (const probe of probes) {
    const inTime = !probe.lost && probe.rttNs <= waitNs;
    if (!inTime) {
      outcomes.push({ probe, atNs: probe.sentNs + waitNs, outcome: Outcomes.lost });
    }
    if (!probe.lost) {
      outcomes.push({ probe, atNs: probe.sentNs + probe.rttNs, outcome: inTime ? Outcomes.reply : Outcomes.late });
    }
  }
  outcomes.sort((a, b) => a.atNs - b.atNs || a.probe.sentNs - b.probe.sentNs);
  const samples = allocateSamples(outcomes.length);
  for (const [i, { probe, outcome }] of outcomes.entries()) {
    samples.seq[i] = probe.seq;
    samples.flow[i] = probe.flow;
    samples.dueNs[i] = probe.sentNs;
    samples.sentNs[i] = probe.sentNs;
    samples.rttNs[i] = outcome === Outcomes.lost ? -1 : probe.rttNs;
    samples.outcome[i] = outcome;
  }
  return takeSamples(samples, outcomes.length);
}
