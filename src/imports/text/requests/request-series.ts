import type { RequestDetail, TimedPhase } from '../../../model/request.js';
import { allocateSamples, Outcomes, REPLIES, SampleFlags } from '../../../model/sample.js';
import { MS, SECOND } from '../../../model/time.js';
import type { TextOptions, TextSeries } from '../text-series.js';

const RESPONSE = REPLIES.indexOf('response');
const NONE = REPLIES.indexOf('none');
/** Servers that are told apart; the rest of them make one series. */
const MOST_TARGETS = 32;
/** Of instants that are written no finer than this it cannot be told which coincide. */
const COARSE_NS = 10 * MS;
/** Share of the distances between requests that are silences rather. */
const LONGEST_GAPS = 0.01;
/** Its multiples, modulo 1, lie evenly however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** One request that a load test or a proxy recorded. */
export interface RecordedRequest {
  /** CLOCK_REALTIME, or from the start of the test, in nanoseconds. */
  readonly startNs: bigint;
  readonly durationNs: number;
  /** The end, where that is what was written and the start was reckoned from it. */
  readonly endNs?: bigint;
  /** Whom it went to, as far as the record says. */
  readonly target: string;
  readonly status: number;
  readonly bytes?: number;
  /** Why it failed without an answer. */
  readonly failure?: string;
  readonly phases?: Readonly<Partial<Record<TimedPhase, number>>>;
  /** Over a connection that was open already, as far as the record says. */
  readonly reused?: boolean;
}

/** What is to be said of whole seconds. @param finer how to get more of them */
export const wholeSeconds = (finer: string): string =>
  `its times are whole seconds, which cannot show what was released together: no stall is told, whether there were any or not; ${finer}`;

/** What a record is worth. */
export interface RecordWords {
  /** Instants are dates, not times since the start. */
  readonly dated: boolean;
  /** So far off starts may be: the resolution of what was written. */
  readonly resolutionNs: number;
  readonly notes: readonly string[];
}

/** The requests of each server as a series of probes, the one with most requests first. */
export function requestSeries(
  requests: readonly RecordedRequest[],
  options: TextOptions,
  words: RecordWords,
): TextSeries[] {
  const byTarget = new Map<string, RecordedRequest[]>();
  for (const request of words.resolutionNs >= COARSE_NS ? spreadOut(requests, words.resolutionNs) : requests) {
    const target = byTarget.has(request.target) || byTarget.size < MOST_TARGETS ? request.target : 'others';
    const known = byTarget.get(target);
    if (known !== undefined) known.push(request);
    else byTarget.set(target, [request]);
  }
  return [...byTarget]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([target, own]) => seriesOf(target, own, options, words));
}

/**
 * Spreads what has one written instant over the time it may stand for, evenly and in no order, as nothing is known of
 * one. Requests that ended within one second of a log of whole seconds would else have been released together, by
 * nothing but the rounding; in the order of the record a stall would look like a queue that fills and empties.
 */
function spreadOut(requests: readonly RecordedRequest[], resolutionNs: number): RecordedRequest[] {
  const met = new Map<bigint, number>();
  return requests.map((request) => {
    const written = request.endNs ?? request.startNs;
    const before = met.get(written) ?? 0;
    met.set(written, before + 1);
    const shiftNs = Math.floor((((before + 1) * GOLDEN_RATIO) % 1) * resolutionNs);
    return { ...request, startNs: request.startNs + BigInt(shiftNs) };
  });
}

function seriesOf(
  target: string,
  requests: readonly RecordedRequest[],
  { waitNs }: TextOptions,
  words: RecordWords,
): TextSeries {
  const inTime = [...requests].sort((a, b) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0));
  const first = inTime[0]?.startNs ?? 0n;
  const epochNs = words.dated ? first - (first % BigInt(SECOND)) : 0n;
  const baseNs = words.dated ? epochNs : first;
  const placed = inTime.map((request, seq) => ({ request, seq, sentNs: Number(request.startNs - baseNs) }));
  const lastNs = placed.at(-1)?.sentNs ?? 0;
  // Samples come in the order in which their ends became known.
  placed.sort((a, b) => a.sentNs + a.request.durationNs - b.sentNs - b.request.durationNs);
  const samples = allocateSamples(placed.length);
  const details = new Map<number, RequestDetail>();
  for (const [i, { request, seq, sentNs }] of placed.entries()) {
    const failed = request.failure !== undefined;
    samples.seq[i] = seq;
    samples.dueNs[i] = sentNs;
    samples.sentNs[i] = sentNs;
    samples.rttNs[i] = request.durationNs;
    samples.outcome[i] = failed ? Outcomes.error : request.durationNs > waitNs ? Outcomes.late : Outcomes.reply;
    samples.reply[i] = failed ? NONE : RESPONSE;
    samples.flags[i] = SampleFlags.userSentStamp | SampleFlags.userReceivedStamp;
    details.set(i, detailOf(request));
  }
  const spanNs = Math.max(1, lastNs - Number(first - baseNs));
  return {
    target,
    port: null,
    protocol: 'http',
    intervalNs: usualIntervalNs(inTime.map(({ startNs }) => Number(startNs - baseNs))),
    epochNs,
    samples: { ...samples, requests: details },
    censored: false,
    freshPorts: false,
    ...(words.resolutionNs > 1 ? { sendJitterNs: words.resolutionNs } : {}),
    duplicates: 0,
    inFlight: 0,
    durationNs: spanNs,
    notes: words.notes,
  };
}

/**
 * How far requests are apart while there are any: their mean distance without the longest, in which nobody asked, the log
 * was cut, or its clock stepped. One hour of silence in a minute of requests would else hide every stall of that minute.
 */
function usualIntervalNs(startsNs: readonly number[]): number {
  const apart = startsNs
    .slice(1)
    .map((startNs, i) => startNs - (startsNs[i] as number))
    .sort((a, b) => a - b);
  const kept = apart.slice(0, Math.max(1, apart.length - Math.ceil(apart.length * LONGEST_GAPS)));
  return Math.max(1, Math.round(kept.reduce((sum, ns) => sum + ns, 0) / Math.max(1, kept.length)));
}

function detailOf({ status, bytes = 0, failure, phases, durationNs, reused = false }: RecordedRequest): RequestDetail {
  return {
    phases: phases ?? { 'first-byte': durationNs },
    reached: failure === undefined ? 'done' : 'first-byte',
    ...(status > 0 ? { status } : {}),
    bytes,
    reused,
    retried: false,
    ...(failure === undefined ? {} : { failure: failure.slice(0, 120) }),
  };
}

/** Fields of a line of CSV (RFC 4180). */
export function csvFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}

/** An instant as ISO 8601 writes it, with as many digits as there are; undefined for anything else. */
export function instantOf(text: string): bigint | undefined {
  const [, seconds, digits = '', zone] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const ms = Date.parse(`${seconds.replace(' ', 'T')}${(zone ?? 'Z').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(digits.padEnd(9, '0'));
}

/** The server that a URL names: host and port. */
export function serverOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || url : url;
}
