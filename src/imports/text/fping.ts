import { formatLength } from '../../format/duration.js';
import { CodedError } from '../../model/errors.js';
import { MS, SECOND } from '../../model/time.js';
import { askedInterval } from './interval.js';
import { timeBefore } from './line-time.js';
import { PrintedRun } from './printed-run.js';
import { noProbes, noSingleProbes, runSeries, showsProbes } from './run-series.js';
import type { RunWords } from './run-words.js';
import { msToNs, StrangeLines, type TextOptions, type TextSeries } from './text-series.js';

/** fping's own, from one probe of a target to the next. */
const DEFAULT_PERIOD_NS = SECOND;

const NAME = String.raw`(\S+)(?: \(([^)]*)\))?(?: \[<- \S+\])?`;
const HOST = String.raw`${NAME}\s*:`;
const REPLY = new RegExp(String.raw`(?:^|\s)${HOST} \[(\d+)\], (?:\d+ bytes, )?([\d.,]+) ms`);
const TIMED_OUT = new RegExp(String.raw`(?:^|\s)${HOST} \[(\d+)\], timed out`);
const DUPLICATE = /duplicate for \[\d+\]/;
const SUMMARY = new RegExp(
  String.raw`(?:^|\s)${HOST} xmt\/rcv\/%(?:loss|return) = (\d+)\/(\d+)\/([\d.]+)%(?:.*min\/avg\/max = ([\d.]+)\/([\d.]+)\/([\d.]+))?`,
);
/** fping puts a blank before the colon; without it any report of a name and a number would be one. */
const VECTOR = new RegExp(String.raw`^${NAME}\s+:((?: (?:[\d.]+|-))+)\s*$`);
const ALIVE = /^(\S+)(?: \(([^)]*)\))? is (alive|unreachable)(?:.*?\(([\d.,]+) ms(?: ID=\d+)?\))?/;
const NETDATA = /^(?:BEGIN|CHART) fping\./;
const JSON_LINE = /^\{ ?"(resp|timeout|summary|intSum|vecSum|alive)" ?:/;
const COMMAND = /(?:^|\s)(fping6?\s+.*)$/;
const PASSED_OVER =
  /^$|^\$ |^#|^ICMP |fping6? |^\^C|^\[?\d\d:\d\d:\d\d\]?$|^SET |^END$|^ *\d+ (?:targets|alive|unreachable|unknown|timeouts|ICMP)|ms \(|sec \(/;

const INTERVAL_OPTION = /(?:^|\s)(?:-p|--period)[ =]*([\d.]+)/;
const TIMEOUT_OPTION = /(?:^|\s)(?:-t|--timeout)[ =]*([\d.]+)/;
const INSTEAD = 'run fping with -l, -c or -C and without -q (-C with -q prints each probe too)';

/** Whether a line is one of fping's. */
export function isFpingLine(line: string): boolean {
  return (
    REPLY.test(line) ||
    TIMED_OUT.test(line) ||
    SUMMARY.test(line) ||
    VECTOR.test(line) ||
    JSON_LINE.test(line) ||
    NETDATA.test(line) ||
    ALIVE.exec(line)?.[4] !== undefined
  );
}

interface Reading {
  readonly runs: PrintedRun[];
  readonly strange: StrangeLines;
  command: string | null;
  netdata: number;
}

/**
 * Reads what fping printed with -l, -c, -C or -J: one series a target and run. What "timed out" was late or lost, which
 * nobody can tell any more: fping throws away what comes after its timeout, by default the period.
 *
 * @throws CodedError E_NOT_FPING where no line is one of fping's, E_IMPORT_NO_PROBES where none shows a probe
 */
export function parseFpingText(lines: readonly string[], options: TextOptions): TextSeries[] {
  const reading: Reading = { runs: [], strange: new StrangeLines(), command: null, netdata: 0 };
  for (const [i, line] of lines.entries()) {
    if (!readLine(reading, line) && !PASSED_OVER.test(line)) reading.strange.add(i + 1);
  }
  const { runs, command } = reading;
  const useful = runs.filter((run) => !run.isEmpty);
  const [first] = useful;
  if (first === undefined) {
    if (reading.netdata > 0) throw noSingleProbes('what fping -N prints for netdata', [], INSTEAD);
    throw new CodedError('E_NOT_FPING', 'no line is one of fping', 'give what fping -l, -c or -C printed', 2);
  }
  const shown = useful.filter(showsProbes);
  if (shown.length === 0) throw noProbes('a summary of fping', first, INSTEAD);
  return shown.map((run) => {
    run.command = command;
    const series = runSeries(run, options, wordsOf(run, shown.length));
    return { ...series, notes: [...reading.strange.notes, ...series.notes] };
  });
}

function runOf(reading: Reading, name: string, isNew: (run: PrintedRun) => boolean): PrintedRun {
  const known = reading.runs.findLast((run) => run.names.has(name));
  if (known !== undefined && !isNew(known)) return known;
  const run = new PrintedRun({ kind: 'periodic', defaultNs: DEFAULT_PERIOD_NS });
  run.firstSeq = 0;
  run.name(name);
  reading.runs.push(run);
  return run;
}

/** @returns whether the line was understood */
function readLine(reading: Reading, line: string): boolean {
  const reply = REPLY.exec(line);
  const match = reply ?? TIMED_OUT.exec(line);
  if (match !== null) {
    const [, name = '', address, digits, rtt] = match;
    const about = { isReply: reply !== null, rtt: rtt ?? '', prefix: line.slice(0, match.index + 1) };
    take(reading, address ?? name, Number(digits), about);
    return true;
  }
  const summary = SUMMARY.exec(line);
  if (summary !== null) {
    const [, name = '', address, sent, received, , min, avg, max] = summary;
    const run = runOf(reading, address ?? name, () => false);
    const isInterim = run.own !== null && run.lines.size === 0 && Number(sent) < run.own.sent;
    if (!isInterim) run.own = { sent: Number(sent), received: Number(received), timeNs: null };
    if (min !== undefined) run.ownRtts = { min: msToNs(min), avg: msToNs(avg ?? '0'), max: msToNs(max ?? '0') };
    run.closed = true;
    return true;
  }
  const vector = VECTOR.exec(line);
  if (vector !== null) {
    const run = runOf(reading, vector[2] ?? vector[1] ?? '', (one) => one.closed);
    const times = (vector[3] ?? '').trim().split(' ');
    // With its lines above it repeats them.
    if (run.lines.size < times.length) {
      for (const [seq, time] of times.entries()) addProbe(run, seq, time === '-' ? null : time, '');
    }
    return true;
  }
  const alive = ALIVE.exec(line);
  if (alive !== null) {
    const [, name = '', address, state, rtt] = alive;
    if (state === 'alive' && rtt === undefined) return true;
    const run = runOf(reading, address ?? name, () => false);
    addProbe(run, run.next(), state === 'alive' ? (rtt ?? null) : null, '');
    return true;
  }
  if (NETDATA.test(line)) reading.netdata += 1;
  if (JSON_LINE.test(line)) return readJson(reading, line);
  reading.command ??= COMMAND.exec(line)?.[1] ?? null;
  return DUPLICATE.test(line) || NETDATA.test(line);
}

function take(
  reading: Reading,
  name: string,
  digits: number,
  about: { readonly isReply: boolean; readonly rtt: string; readonly prefix: string },
): void {
  // The numbers of a run only grow: one that was there before, lower than the last, is of the next run.
  const run = runOf(reading, name, (one) => one.closed || (one.lines.has(digits) && digits < one.highest));
  const seq = run.number(digits);
  if (run.lines.has(seq)) {
    run.duplicates += 1;
    return;
  }
  addProbe(run, seq, about.isReply ? about.rtt : null, about.prefix);
}

function addProbe(run: PrintedRun, seq: number, rtt: string | null, prefix: string): void {
  run.highest = Math.max(run.highest, seq);
  if (rtt !== null && /^\d+$/.test(rtt) && Number(rtt) >= 100) run.wholeMs += 1;
  const time = timeBefore(prefix);
  run.add(
    rtt === null
      ? { seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null }
      : { seq, outcome: 'reply', rttNs: msToNs(rtt), ttl: 0, reply: 'echo', time },
  );
}

interface JsonLine {
  readonly host?: string;
  readonly seq?: number;
  readonly rtt?: number;
  readonly timestamp?: number | string;
  readonly xmt?: number;
  readonly rcv?: number;
  readonly rttMin?: number;
  readonly rttAvg?: number;
  readonly rttMax?: number;
  readonly values?: readonly (number | null)[];
}

/** fping -J, since 5.4: one object a line. */
function readJson(reading: Reading, line: string): boolean {
  let parsed: Readonly<Record<string, JsonLine>>;
  try {
    parsed = JSON.parse(line);
  } catch {
    return false;
  }
  const [kind, about] = Object.entries(parsed)[0] ?? [];
  if (typeof about !== 'object' || about === null || typeof about.host !== 'string') return false;
  const { host, seq, rtt, timestamp, xmt, rcv } = about;
  if ((kind === 'resp' || kind === 'timeout') && typeof seq === 'number') {
    const prefix = timestamp === undefined ? '' : `[${timestamp}] `;
    take(reading, host, seq, { isReply: kind === 'resp', rtt: String(rtt ?? 0), prefix });
    return true;
  }
  if ((kind === 'summary' || kind === 'intSum') && typeof xmt === 'number' && typeof rcv === 'number') {
    const run = runOf(reading, host, () => false);
    if (kind === 'intSum' && run.own !== null) return true;
    run.own = { sent: xmt, received: rcv, timeNs: null };
    const { rttMin, rttAvg, rttMax } = about;
    if (rttMin !== undefined) run.ownRtts = { min: rttMin * MS, avg: (rttAvg ?? 0) * MS, max: (rttMax ?? 0) * MS };
    run.closed = kind === 'summary';
    return true;
  }
  if (kind === 'vecSum' && Array.isArray(about.values)) {
    const run = runOf(reading, host, (one) => one.closed);
    if (run.lines.size === 0) {
      for (const [at, value] of about.values.entries()) addProbe(run, at, value === null ? null : String(value), '');
    }
    return true;
  }
  return kind === 'alive';
}

function wordsOf(run: PrintedRun, hosts: number): RunWords {
  const timedOut = [...run.lines.values()].filter(({ outcome }) => outcome === 'lost').length;
  const lost = Math.max(timedOut, run.own === null ? 0 : run.own.sent - run.own.received);
  const asked = askedInterval(run.command, TIMEOUT_OPTION, MS) ?? askedInterval(run.command, INTERVAL_OPTION, MS);
  const timeout = asked === undefined ? 'by default its period' : formatLength(asked);
  return {
    tool: 'fping',
    intervalOption: INTERVAL_OPTION,
    intervalUnitNs: MS,
    timesBy: '-D',
    notes: [
      lost > 0
        ? `${lost} probes of ${run.target} timed out: fping throws away every reply that comes after its timeout ` +
          `(${timeout}), so a stall reads as losses and its length is gone; measure again with -t 1000 or longer`
        : `fping throws away replies that come after its timeout (${timeout}): a longer delay would read as a loss`,
      ...(run.own !== null && lost > 0
        ? [`${lost} of ${run.own.sent} lost, which fping rounds down to ${Math.floor((100 * lost) / run.own.sent)} %`]
        : []),
      ...(hosts > 1
        ? ['fping visits its targets one after the other: their probes are not sent at the same instant']
        : []),
    ],
  };
}
