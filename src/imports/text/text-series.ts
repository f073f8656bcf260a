import type { Protocol } from '../../model/protocol.js';
import {
  allocateSamples,
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  Outcomes,
  REPLIES,
  type Reply,
  type SampleColumns,
  SampleFlags,
} from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import type { OwnCounts } from './counts-line.js';

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
  /** The kernel's TCP asked, which sends a SYN again that nothing answers. */
  readonly kernelConnects?: boolean;
  /** So far off may send instants be: those of a text without times are reckoned. */
  readonly sendJitterNs?: number;
  readonly duplicates: number;
  readonly inFlight: number;
  /** How long it was measured, where the text tells. */
  readonly durationNs: number | null;
  /** Its own counts, where they are not those of its lines: then nothing is known of loss. */
  readonly disagrees?: OwnCounts & { readonly words: string };
  /** What the tool itself did to the evidence, in words. */
  readonly notes: readonly string[];
}

/** One probe with its send instant. */
export interface PrintedProbe {
  readonly seq: number;
  readonly sentNs: number;
  readonly outcome: 'reply' | 'lost' | 'error';
  /** -1 where there was no reply. */
  readonly rttNs: number;
  readonly reply: Reply;
  readonly ttl: number;
  readonly icmpType?: number;
  /** Answered, but its RTT is worth nothing. */
  readonly untimed?: boolean;
}

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
    samples.rttNs[i] = probe.outcome === 'reply' ? Math.max(0, probe.rttNs) : -1;
    samples.outcome[i] = outcomeOf(probe, waitNs);
    samples.reply[i] = REPLIES.indexOf(probe.reply);
    samples.ttl[i] = probe.ttl;
    samples.icmpType[i] = probe.icmpType ?? 0;
    samples.flags[i] =
      SampleFlags.userSentStamp |
      SampleFlags.userReceivedStamp |
      (freshPorts ? SampleFlags.freshFlow : 0) |
      (probe.untimed === true ? SampleFlags.clockStep : 0);
  }
  return samples;
}

function outcomeOf({ outcome, rttNs }: PrintedProbe, waitNs: number): number {
  if (outcome === 'lost') return Outcomes.lost;
  if (outcome === 'error') return Outcomes.error;
  return rttNs > waitNs ? Outcomes.late : Outcomes.reply;
}

/** Numbers of 16 bits that began again at 0, as one count. */
export function unwrapped(seq: number, previous: number): number {
  const candidate = previous - (previous % 65_536) + seq;
  if (candidate < previous - 32_768) return candidate + 65_536;
  if (candidate > previous + 32_768 && candidate >= 65_536) return candidate - 65_536;
  return candidate;
}

/** Printed milliseconds, with either decimal mark, in nanoseconds. */
export function msToNs(text: string): number {
  return Math.round(Number(text.replace(',', '.')) * MS);
}

const UNITS: readonly [RegExp, number][] = [
  [/^(?:ns|nsec)/i, 1],
  [/^(?:us|µs|μs|usec|мкс|微秒)/i, 1_000],
  [/^(?:s|sec|sek|秒|с)(?![a-zа-я])/i, SECOND],
];

/** A number and what stands behind it, in nanoseconds; milliseconds where no unit is known. */
export function toNs(number: string, unit: string): number {
  const factor = UNITS.find(([pattern]) => pattern.test(unit))?.[1] ?? MS;
  return Math.round(Number(number.replace(',', '.')) * factor);
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
