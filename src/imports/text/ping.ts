import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { readCounts } from './counts-line.js';
import { PING_DEFAULT_NS } from './interval.js';
import { readPingLine } from './ping-lines.js';
import { PrintedRun } from './printed-run.js';
import { noProbes, runSeries, showsProbes } from './run-series.js';
import type { RunWords } from './run-words.js';
import { msToNs, StrangeLines, type TextOptions, type TextSeries } from './text-series.js';

/** `PING name (address) 56(84) bytes of data.`, in whatever language: two numbers of bytes, or one. */
const HEADER = /(?:^|[\s:\]])PING6?(?:\(\S[^)]*\))? (.+)$/;
const HEADER_END = /(?:\d+\(\d+\)|\b\d+) \S|bytes? |data bytes|--> /;
/** iputils counts from 1, all others from 0; it says twice how many bytes there are, or for IPv6 has no colon. */
const FROM_ONE = /\d+\(\d+\)|\)+(?: from \S+(?: \S+)?:?)? \d+ data bytes/;
const COMMAND = /(?:^|[\s$#%>])(ping6? (?:-|\S+\s+-|[\w.:-]+\s*$).*)$/;
const RTTS = /(?:rtt|round-trip)[^=]*= ?([\d.,]+)\/([\d.,]+)\/([\d.,]+)/i;
const IPG = /ipg\/ewma ([\d.,]+)\/[\d.,]+ ms/;
const CANNOT_SEND = /^(?:\S+ )?ping6?: (?:sendmsg|sendto|wrote)/i;
const PASSED_OVER =
  /^$|^-+ |^\$ |^#|^\^[A-Z]|^Warning|^WARNING|^wrong data|^RR:|^TS:|^ai->|^ping6?: |^\d+\/\d+ packets|^pipe \d|^\^\\|^Vr HL|^ ?\d {1,2}\d {1,2}\d\d |^Script (?:started|done)|^Patterns? |^(?:\d+\.){3}\d+$|Redirect|^[.E]+(?:\^C)?$|^\(?Ctrl/i;
const MARKED = /\^C/;

const WORDS: RunWords = {
  tool: 'ping',
  intervalOption: /(?:^|\s)(?:-i|--interval)[\s=]*([\d.,]+)/,
  intervalUnitNs: SECOND,
  timesBy: '-D',
  notes: [
    'ping stamps what it sends in user space and what it receives in the kernel: a pause of ping itself before sending looks like a delay',
  ],
};

/** Whether a line is one of ping's. */
export function isPingLine(line: string): boolean {
  return readPingLine(line) !== null || isHeader(line);
}

function isHeader(line: string): boolean {
  const found = HEADER.exec(line);
  return found !== null && HEADER_END.test(found[1] ?? '');
}

/**
 * Reads what a Unix ping printed: iputils of all years, busybox, BSD and macOS, in any language. Each header, summary
 * or number that comes again begins a series of its own. Numbers that were never answered are lost; those at the end
 * that had not been waited for are in flight.
 *
 * @throws CodedError E_NOT_PING where no line is one of ping's, E_IMPORT_NO_PROBES where none shows a probe
 */
export function parsePingText(lines: readonly string[], options: TextOptions): TextSeries[] {
  const strange = new StrangeLines();
  const runs = readRuns(lines, strange);
  if (runs.length === 0) {
    throw new CodedError('E_NOT_PING', 'no line is one of ping', 'give what ping printed, without -q', 2);
  }
  const shown = runs.filter(showsProbes);
  const [first] = runs;
  if (shown.length === 0 && first !== undefined) {
    throw noProbes('a summary of ping', first, 'run ping without -q and without -f, and give all that it prints');
  }
  return shown.map((run) => {
    const series = runSeries(run, options, WORDS);
    const hidden = runs.length - shown.length;
    return {
      ...series,
      notes: [
        ...strange.notes,
        ...(hidden > 0 ? [`${hidden} further runs have a summary only, which shows no probe`] : []),
        ...series.notes,
      ],
    };
  });
}

/** @param strange told of lines that are not understood */
function readRuns(lines: readonly string[], strange: StrangeLines): PrintedRun[] {
  const runs: PrintedRun[] = [];
  let current: PrintedRun | undefined;
  /** A complaint that BSD printed without its number. */
  let unnumbered: number | undefined;
  const begin = (): PrintedRun => {
    const run = new PrintedRun({ kind: 'periodic', defaultNs: PING_DEFAULT_NS });
    runs.push(run);
    current = run;
    unnumbered = undefined;
    return run;
  };
  const open = (): PrintedRun => (current === undefined || current.closed ? begin() : current);
  const settleUnnumbered = (run: PrintedRun, seq: number): void => {
    if (unnumbered === undefined) return;
    run.told.add(seq);
    run.add({
      seq,
      outcome: 'error',
      rttNs: null,
      ttl: 0,
      reply: replyOf(unnumbered),
      icmpType: unnumbered,
      time: null,
    });
    unnumbered = undefined;
  };
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    if (isHeader(line)) {
      const before = current;
      const run = current === undefined || !current.isEmpty || current.hasHeader ? begin() : current;
      if (run !== before && before?.isEmpty) run.command = before.command;
      readHeader(run, line);
      continue;
    }
    const read = readPingLine(line);
    if (read !== null) {
      if (current !== undefined && read.kind !== 'reply' && MARKED.test(line)) current.interrupted = true;
      if (read.kind === 'reply') {
        let run = open();
        const isAgain = !read.duplicate && run.lines.size > 0 && isEarlierRun(run, read.seq);
        if (isAgain || (!read.otherAddress && !run.isOf(read.from))) {
          const known = isAgain
            ? undefined
            : runs.find((one) => !one.closed && one !== run && one.names.has(read.from));
          run = known ?? begin();
        }
        if (run.names.size === 0) run.name(read.from);
        const seq = run.number(read.seq);
        if (unnumbered !== undefined && !run.lines.has(seq - 1) && seq > 0) settleUnnumbered(run, seq - 1);
        if (read.duplicate) {
          run.duplicates += 1;
          continue;
        }
        if (read.rttNs === null) run.untimed += 1;
        if (read.wholeMs) run.wholeMs += 1;
        run.add({ seq, outcome: 'reply', rttNs: read.rttNs, ttl: read.ttl, reply: 'echo', time: read.time });
      } else if (read.kind === 'unanswered') {
        const run = open();
        const seq = run.number(read.seq);
        run.told.add(seq);
        run.waitedFor += 1;
        settleUnnumbered(run, seq);
      } else if (read.seq === null) {
        open();
        unnumbered = read.icmpType;
      } else {
        const run = open();
        const seq = run.number(read.seq);
        const { icmpType } = read;
        run.add({ seq, outcome: 'error', rttNs: null, ttl: 0, reply: replyOf(icmpType), icmpType, time: null });
      }
      continue;
    }
    const counts = /\d ?%/.test(line) && !line.includes('=') ? readCounts(line) : null;
    if (counts !== null) {
      const run = open();
      if (unnumbered !== undefined && run.highest > Number.NEGATIVE_INFINITY) settleUnnumbered(run, run.highest + 1);
      run.own = counts;
      run.closed = true;
      continue;
    }
    const rtts = RTTS.exec(line);
    if (rtts !== null && current !== undefined) {
      const ns = (at: number): number => msToNs(rtts[at] ?? '0');
      current.ownRtts = { min: ns(1), avg: ns(2), max: ns(3) };
      const gap = IPG.exec(line)?.[1];
      if (gap !== undefined) current.gapNs = msToNs(gap);
      continue;
    }
    const command = line.startsWith('--') ? undefined : COMMAND.exec(line)?.[1];
    if (command !== undefined) {
      if (current === undefined || !current.isEmpty) begin();
      if (current !== undefined) current.command = command;
      continue;
    }
    if (current !== undefined && MARKED.test(line)) current.interrupted = true;
    if (current !== undefined && CANNOT_SEND.test(line)) current.sendsFailed += 1;
    else if (!PASSED_OVER.test(line)) strange.add(i + 1);
  }
  return runs.filter((run) => !run.isEmpty);
}

/** A number that was answered already, or one from the very beginning again: nobody wrote a header. */
function isEarlierRun(run: PrintedRun, printed: number): boolean {
  const seen = run.highest % 65_536;
  return printed < seen && run.highest < 65_536 && run.answered(printed);
}

function readHeader(run: PrintedRun, line: string): void {
  run.hasHeader = true;
  const about = HEADER.exec(line)?.[1] ?? '';
  const arrow = /(\S+) --> (\S+)/.exec(about);
  if (arrow !== null) {
    run.firstSeq = 0;
    run.name(arrow[2]);
    return;
  }
  run.firstSeq = FROM_ONE.test(about) ? 1 : 0;
  const names = /^([^\s(]+)(.*)$/.exec(about);
  const inBrackets = [...((names?.[2] ?? '').split(/ from | \d/)[0]?.matchAll(/[^\s()]+/g) ?? [])].map(
    ([name]) => name,
  );
  run.name(names?.[1]?.replace(/:$/, ''), ...inBrackets.filter((name) => name !== ':' && name.length > 1));
}

function replyOf(icmpType: number): 'ttl-exceeded' | 'unreachable' {
  return icmpType === 11 ? 'ttl-exceeded' : 'unreachable';
}
