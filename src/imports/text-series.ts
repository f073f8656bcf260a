import type { Protocol } from '../model/protocol.js';
import {
  allocateSamples,
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  Outcomes,
  REPLIES,
  type Reply,
  type SampleColumns,
  SampleFlags,
} from '../model/sample.js';
import { MS, SECOND } from '../model/time.js';

/** What the user says of a text that does not say it itself. */
export interface TextOptions {
  readonly intervalNs?: number | undefined;
  /** After which an answer is late. */
  readonly waitNs: number;
}

/** Probes of one path, as a tool printed them. */
export interface TextSeries {
  readonly target: string;
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly intervalNs: number;
  /** CLOCK_REALTIME that send instants count from; 0 where the text has no times of day. */
  readonly epochNs: bigint;
  /** In the order in which outcomes became known; `path` is 0. */
  readonly samples: SampleColumns;
  /** Only slow probes were printed: a missing one was quick, or lost. */
  readonly censored: boolean;
  /** Each probe had a source port of its own. */
  readonly freshPorts: boolean;
  readonly duplicates: number;
  readonly inFlight: number;
  /** How long it was measured, where the text tells. */
  readonly durationNs: number | null;
  /** What the tool itself did to the evidence, in words. */
  readonly notes: readonly string[];
}

/** One probe as its line tells it. */
export interface PrintedProbe {
  readonly seq: number;
  readonly sentNs: number;
  readonly outcome: 'reply' | 'lost' | 'error';
  /** -1 where there was no reply. */
  readonly rttNs: number;
  readonly reply: Reply;
  readonly ttl: number;
  readonly icmpType?: number;
}

/** Steps of RTT that agree make an interval. */
const LEAST_STEPS = 3;
const STEP_TOLERANCE = 0.05;
/** Probes slower than this may have been held by a stall, whose decay shows the interval. */
const SLOW_NS = 20 * MS;

/** Samples in the order in which their outcomes became known. */
export function toSamples(probes: readonly PrintedProbe[], waitNs: number, freshPorts = false): SampleColumns {
  const knownNs = ({ sentNs, rttNs, outcome }: PrintedProbe): number =>
    sentNs + (outcome === 'lost' ? waitNs : Math.max(0, rttNs));
  const sorted = [...probes].sort((a, b) => knownNs(a) - knownNs(b) || a.sentNs - b.sentNs);
  const samples = allocateSamples(sorted.length);
  for (const [i, probe] of sorted.entries()) {
    samples.seq[i] = freshPorts ? (probe.seq | FRESH_SEQ_BIT) >>> 0 : probe.seq;
    samples.flow[i] = freshPorts ? FRESH_FLOW : 0;
    samples.dueNs[i] = probe.sentNs;
    samples.sentNs[i] = probe.sentNs;
    samples.rttNs[i] = probe.outcome === 'reply' ? probe.rttNs : -1;
    samples.outcome[i] = outcomeOf(probe, waitNs);
    samples.reply[i] = REPLIES.indexOf(probe.reply);
    samples.ttl[i] = probe.ttl;
    samples.icmpType[i] = probe.icmpType ?? 0;
    samples.flags[i] =
      SampleFlags.userSentStamp | SampleFlags.userReceivedStamp | (freshPorts ? SampleFlags.freshFlow : 0);
  }
  return samples;
}

function outcomeOf({ outcome, rttNs }: PrintedProbe, waitNs: number): number {
  if (outcome === 'lost') return Outcomes.lost;
  if (outcome === 'error') return Outcomes.error;
  return rttNs > waitNs ? Outcomes.late : Outcomes.reply;
}

/** Probes of a stall are answered together, so that the RTT falls by one interval from each to the next. */
export function intervalFromDecay(probes: readonly { readonly seq: number; readonly rttNs: number }[]): number | null {
  const steps: number[] = [];
  for (const [i, probe] of probes.entries()) {
    const previous = probes[i - 1];
    if (previous === undefined || probe.seq !== previous.seq + 1 || previous.rttNs < SLOW_NS) continue;
    const step = previous.rttNs - probe.rttNs;
    if (step >= MS) steps.push(step);
  }
  const median = medianOf(steps);
  const agreeing = steps.filter((step) => Math.abs(step - median) <= Math.max(STEP_TOLERANCE * median, MS));
  return agreeing.length < LEAST_STEPS || agreeing.length * 2 < steps.length
    ? null
    : Math.round(agreeing.reduce((sum, step) => sum + step, 0) / agreeing.length);
}

/** Median distance of stamps, by seq. */
export function intervalFromStamps(
  probes: readonly { readonly seq: number; readonly sentNs: number }[],
): number | null {
  const gaps: number[] = [];
  for (const [i, probe] of probes.entries()) {
    const previous = probes[i - 1];
    if (previous !== undefined && probe.seq === previous.seq + 1) gaps.push(probe.sentNs - previous.sentNs);
  }
  const median = medianOf(gaps);
  return median > 0 ? Math.round(median) : null;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Numbers of 16 bits that began again at 0, as one count. */
export function unwrapped(seq: number, previous: number): number {
  const candidate = previous - (previous % 65_536) + seq;
  if (candidate < previous - 32_768) return candidate + 65_536;
  if (candidate > previous + 32_768 && candidate >= 65_536) return candidate - 65_536;
  return candidate;
}

/** `1795332749.266905` in nanoseconds, exactly. */
export function stampNs(text: string): bigint {
  const [seconds = '0', fraction = ''] = text.split('.');
  return BigInt(seconds) * BigInt(SECOND) + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** Printed milliseconds in nanoseconds. */
export function msToNs(text: string): number {
  return Math.round(Number(text) * MS);
}

/** Lines that are none of the tool's, told once. */
export class StrangeLines {
  #count = 0;
  #first = 0;

  add(line: number): void {
    if (this.#count === 0) this.#first = line;
    this.#count += 1;
  }

  get notes(): string[] {
    return this.#count === 0
      ? []
      : [
          `${this.#count} ${this.#count === 1 ? 'line was' : 'lines were'} not understood, the first is line ${this.#first}`,
        ];
  }
}
