import { formatLength } from '../../format/duration.js';
import { CodedError } from '../../model/errors.js';
import { present } from '../../model/present.js';
import { MS } from '../../model/time.js';
import type { OwnCounts } from './counts-line.js';
import type { Interval } from './interval.js';
import type { PrintedLine, PrintedRun } from './printed-run.js';
import { runInterval } from './run-interval.js';
import type { RunWords } from './run-words.js';
import { sendJitterNs } from './send-jitter.js';
import { stampedProbes } from './stamped-probes.js';
import { type PrintedProbe, type TextOptions, type TextSeries, toSamples } from './text-series.js';

/** More numbers than this between two lines are a damaged line, not a loss. */
const MOST_MISSING = 1_000_000;
interface Placed {
  readonly probes: readonly PrintedProbe[];
  readonly interval: Interval;
  readonly epochNs: bigint;
  readonly hasTimes: boolean;
}

/** The probes of a run with their send instants, what was lost, and whether its own summary says the same. */
export function runSeries(run: PrintedRun, options: TextOptions, words: RunWords): TextSeries {
  const placed = place(run, options, words);
  const { probes, interval } = placed;
  const missing = missingProbes(run, probes, interval.ns, options.waitNs);
  const disagrees = disagreement(run);
  const counted =
    disagrees === undefined ? probes.concat(missing.lost) : probes.filter(({ outcome }) => outcome !== 'lost');
  return {
    target: run.target ?? 'unknown',
    port: run.port,
    protocol: run.protocol,
    intervalNs: interval.ns,
    epochNs: placed.epochNs,
    samples: toSamples(counted, options.waitNs),
    censored: false,
    freshPorts: false,
    ...(placed.hasTimes ? {} : { sendJitterNs: sendJitterNs(interval.ns) }),
    duplicates: run.duplicates,
    inFlight: disagrees === undefined ? missing.inFlight : 0,
    durationNs: run.own?.timeNs ?? (counted.length > 1 ? (counted.length - 1) * interval.ns : null),
    ...(disagrees === undefined ? {} : { disagrees: { ...disagrees, words: disagreementWords(run, disagrees) } }),
    notes: notesOf(run, placed, words, disagrees),
  };
}

/**
 * Refuses a run that shows no probe although some were answered.
 * @throws CodedError E_IMPORT_NO_PROBES with the numbers that it does have
 */
export function noProbes(what: string, run: PrintedRun, instead: string): CodedError {
  const { own, ownRtts } = run;
  const numbers = [
    ...(own === null ? [] : [`${own.sent} sent, ${own.received} received, ${own.sent - own.received} lost`]),
    ...(ownRtts === null
      ? []
      : [`RTT min/avg/max ${[ownRtts.min, ownRtts.avg, ownRtts.max].map((ns) => ns / MS).join('/')} ms`]),
  ];
  return noSingleProbes(`${what}${run.target === null ? '' : ` of ${run.target}`}`, numbers, instead);
}

/** @param numbers what the report does say */
export function noSingleProbes(what: string, numbers: readonly string[], instead: string): CodedError {
  return new CodedError(
    'E_IMPORT_NO_PROBES',
    `${what}: a report without single probes shows no stall${numbers.length === 0 ? '' : ` (it says: ${numbers.join('; ')})`}`,
    instead,
    2,
  );
}

/** Whether the run has an answer that can be judged, or shows in all earnest that there was none. */
export function showsProbes(run: PrintedRun): boolean {
  if ([...run.lines.values()].some(({ outcome }) => outcome === 'reply')) return true;
  return run.own === null ? run.lines.size > 0 || run.told.size > 0 : run.own.received === 0 && run.own.sent > 0;
}

/** Its own counts where they are not what its lines show: what is missing may be unread, and is no loss. */
function disagreement({ own, lines, sending }: PrintedRun): OwnCounts | undefined {
  if (own === null) return undefined;
  let [replies, errors] = [0, 0];
  for (const { outcome } of lines.values()) {
    if (outcome === 'reply') replies += 1;
    else if (outcome === 'error') errors += 1;
  }
  // Windows counts a router's complaint among what it received.
  const agrees = own.received === replies || (sending.kind === 'in-turn' && own.received === replies + errors);
  return agrees && own.sent >= lines.size ? undefined : own;
}

function place(run: PrintedRun, options: TextOptions, words: RunWords): Placed {
  const lines = [...run.lines.values()].sort((a, b) => a.seq - b.seq);
  if (run.sending.kind === 'in-turn') return placeInTurn(lines, run.sending, options);
  const stamped = stampedProbes(lines);
  const interval = runInterval(run, lines, stamped, options, words);
  const sentOf = new Map(stamped.probes.map(({ seq, sentNs }) => [seq, sentNs]));
  const first = firstNumber(run, lines);
  let anchor = stamped.probes[0];
  const probes = lines.map((line): PrintedProbe => {
    const own = sentOf.get(line.seq);
    if (own !== undefined) anchor = { seq: line.seq, sentNs: own };
    const sentNs =
      own ??
      (anchor === undefined ? (line.seq - first) * interval.ns : anchor.sentNs + (line.seq - anchor.seq) * interval.ns);
    return toProbe(line, sentNs);
  });
  return { probes, interval, epochNs: stamped.epochNs, hasTimes: stamped.probes.length > 0 };
}

function toProbe({ seq, outcome, rttNs, reply, ttl, icmpType }: PrintedLine, sentNs: number): PrintedProbe {
  return {
    seq,
    sentNs,
    outcome,
    rttNs: rttNs ?? -1,
    reply: outcome === 'lost' ? 'none' : reply,
    ttl,
    ...present({ icmpType }),
    ...(outcome === 'reply' && rttNs === null ? { untimed: true } : {}),
  };
}

/** Each probe was sent a pause after the one before was over. */
function placeInTurn(
  lines: readonly PrintedLine[],
  { pauseNs, timeoutNs }: { readonly pauseNs: number; readonly timeoutNs: number },
  options: TextOptions,
): Placed {
  const stamped = stampedProbes(lines);
  const sentOf = new Map(stamped.probes.map(({ seq, sentNs }) => [seq, sentNs]));
  const pause = options.intervalNs ?? pauseNs;
  let sentNs = 0;
  const probes = lines.map((line): PrintedProbe => {
    const own = sentOf.get(line.seq);
    if (own !== undefined) sentNs = own;
    const probe = toProbe(line, sentNs);
    sentNs += (line.outcome === 'lost' ? timeoutNs : (line.rttNs ?? 0)) + pause;
    return probe;
  });
  return {
    probes,
    interval: { ns: pause, from: 'after the answer to the one before' },
    epochNs: stamped.epochNs,
    hasTimes: stamped.probes.length > 0,
  };
}

/** Numbers without a line: lost; or in flight, where less than the wait lies between them and the end. */
function missingProbes(
  run: PrintedRun,
  probes: readonly PrintedProbe[],
  intervalNs: number,
  waitNs: number,
): { readonly lost: PrintedProbe[]; readonly inFlight: number } {
  const lost: PrintedProbe[] = [];
  const first = firstNumber(run, probes);
  const end = Math.max(run.highest + 1, run.own === null ? Number.NEGATIVE_INFINITY : first + run.own.sent);
  const bySeq = new Map(probes.map((probe) => [probe.seq, probe]));
  const lastSeq = probes.at(-1)?.seq ?? Number.NEGATIVE_INFINITY;
  let anchor: PrintedProbe | undefined = probes[0];
  const reckoned = (seq: number): number =>
    anchor === undefined ? (seq - first) * intervalNs : anchor.sentNs + (seq - anchor.seq) * intervalNs;
  const overNs = endOf(run, probes, reckoned(first));
  let inFlight = 0;
  let missing = 0;
  for (let seq = first; seq < end && missing < MOST_MISSING; seq += 1) {
    const known = bySeq.get(seq);
    if (known !== undefined) {
      anchor = known;
      continue;
    }
    missing += 1;
    const sentNs = reckoned(seq);
    if (seq > lastSeq && sentNs > overNs - waitNs) inFlight += 1;
    else lost.push({ seq, sentNs, outcome: 'lost', rttNs: -1, reply: 'none', ttl: 0 });
  }
  return { lost, inFlight };
}

/** Where the probes began: as header and summary have it; else at the first that shows, as a text may begin anywhere. */
function firstNumber(
  { firstSeq, hasHeader, own, told }: PrintedRun,
  probes: readonly { readonly seq: number }[],
): number {
  const seen = Math.min(probes[0]?.seq ?? Number.POSITIVE_INFINITY, ...told);
  if (seen === 0) return 0;
  const isKnown = hasHeader || own !== null;
  if (!isKnown) return Number.isFinite(seen) ? seen : (firstSeq ?? 0);
  const first = firstSeq ?? 1;
  // A text that shows later numbers than its summary counts is the end of a longer one.
  return own !== null && Number.isFinite(seen) && seen - first >= own.sent ? seen : first;
}

/** Until when answers were waited for. */
function endOf(run: PrintedRun, probes: readonly PrintedProbe[], firstSentNs: number): number {
  if (run.own !== null) {
    if (run.own.timeNs !== null && run.own.timeNs > 0) return firstSentNs + run.own.timeNs;
    if (!run.interrupted) return Number.POSITIVE_INFINITY;
  }
  return probes.reduce((last, { sentNs, rttNs }) => Math.max(last, sentNs + Math.max(0, rttNs)), firstSentNs);
}

function notesOf(run: PrintedRun, placed: Placed, words: RunWords, disagrees: OwnCounts | undefined): string[] {
  const { interval, hasTimes } = placed;
  const add = (wanted: boolean, text: string): string[] => (wanted ? [text] : []);
  return [
    ...(disagrees === undefined ? [] : [disagreementWords(run, disagrees)]),
    ...add(
      run.own === null && run.sending.kind === 'periodic',
      `the text ends without ${words.tool}'s summary: it may be cut off, and probes behind the last line are not known`,
    ),
    ...words.notes,
    run.sending.kind === 'in-turn'
      ? `${words.tool} sends the next probe only when the one before is answered or given up, ${formatLength(interval.ns)} later: never are two under way, and a stall shows as one slow probe at most`
      : hasTimes
        ? `send instants are the printed times${words.timesBy === '' ? '' : ` (${words.timesBy})`} less the RTT`
        : `the text has no times${words.timesBy === '' ? '' : ` (${words.tool} ${words.timesBy} prints them)`}: send instants are the number times ${formatLength(interval.ns)} (${interval.from}), although ${words.tool} does not keep its interval exactly`,
    ...add(
      run.wholeMs > 0,
      `${run.wholeMs} RTTs from 100 ms up were printed in whole milliseconds: releases are known to ±0.5 ms only`,
    ),
    ...add(run.belowOneMs > 0, `${run.belowOneMs} RTTs were printed as below 1 ms and are taken for 0.5 ms`),
    ...add(
      run.untimed > 0,
      `${run.untimed} answers have no time that can be used (none printed, or below 0: the clock was set); they count as received`,
    ),
    ...add(run.sendsFailed > 0, `${run.sendsFailed} times ${words.tool} itself could not send`),
    ...add(
      run.waitedFor > 0,
      `"no answer yet" (${run.waitedFor} times) means late or lost; only what never came is counted as lost`,
    ),
    ...add(
      interval.ns > 100e6 && run.sending.kind === 'periodic',
      `one probe every ${formatLength(interval.ns)} misses most short stalls: see the smallest stall it would have seen`,
    ),
  ];
}

function disagreementWords({ lines, target }: PrintedRun, own: OwnCounts): string {
  const read = [...lines.values()].filter(({ outcome }) => outcome === 'reply').length;
  return (
    `the summary of ${target ?? 'the text'} says ${own.sent} sent and ${own.received} received, but its lines show ` +
    `${read} answers: some were not understood or not pasted, so nothing is said of which probes were lost`
  );
}
