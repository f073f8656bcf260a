import { CodedError } from '../../model/errors.js';
import { MS, SECOND } from '../../model/time.js';
import { readCounts } from './counts-line.js';
import { timeBefore } from './line-time.js';
import { PrintedRun } from './printed-run.js';
import { noProbes, runSeries, showsProbes } from './run-series.js';
import type { RunWords } from './run-words.js';
import { StrangeLines, type TextOptions, type TextSeries, toNs } from './text-series.js';

/** By default, from a timeout to the next probe and before it. */
const TIMEOUT_NS = 4 * SECOND;
const PAUSE_NS = 1 * SECOND;
/** Printed as `<1ms`. */
const BELOW_ONE_NS = MS / 2;

const V4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/;
const V6 = /(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?(?![\w:])/i;
/** `bytes=32 time=101ms TTL=254`, whatever the words; Japanese has blanks before the signs. */
const REPLY = /[^\s=<]+ ?= ?\d+ [^=<]+? ?([=<]) ?(\d+) ?(\p{L}{1,5})? TTL ?= ?(\d+)/u;
/** Over IPv6 there are neither bytes nor TTL. */
const REPLY_V6 = /[:：] ?[^\s=<:]+ ?([=<]) ?(\d+) ?(ms|мс|m|毫秒|ミリ秒)\s*$/i;
const HEADER = /(?:^|\D)\d{1,5}(?!\d)[^\d=]*[:：]$/;
/** What is printed instead of a reply, where it says so: English, German, French, Spanish, Italian, Portuguese, Dutch,
 * Polish, Russian, Japanese, Chinese, Korean, Turkish, Czech, Swedish. */
const TIMED_OUT =
  /timed out|zeitüberschreitung|zeit.berschreitung|délai|d.lai d'attente|tiempo de espera|scadut|tempo limite|tempo esgotado|esgotado|time-?out|upłyn|limit czasu|интервал ожидания|タイムアウト|超时|逾時|만료|zaman ?aş|časový limit|transmit failed|general failure|allgemeiner fehler|échec général|error general|errore generale|falha geral|сбой|一般故障|一般エラー/i;
const UNREACHABLE = /[:：] ?\D{6,}[.。]?$/;
const SERVICES = /TTL ?= ?\d/;

const WORDS: RunWords = {
  tool: 'ping of Windows',
  intervalOption: /(?!)/,
  intervalUnitNs: SECOND,
  timesBy: '',
  notes: ['ping of Windows prints whole milliseconds'],
};

/** Whether a line is one of the ping of Windows, in any language. */
export function isWindowsPingLine(line: string): boolean {
  if (/icmp_|seq[= ]/.test(line)) return false;
  return (REPLY.test(line) && SERVICES.test(line) && addressIn(line) !== null) || isWindowsHeader(line);
}

function isWindowsHeader(line: string): boolean {
  return (
    !line.includes('=') &&
    !/^PING /.test(line) &&
    /ping|pinging|envoi|disparando|a enviar|обмен|badanie|odesíl|skickar|핑|데이터/i.test(line) &&
    HEADER.test(withoutAddress(line)) &&
    addressIn(line) !== null
  );
}

function addressIn(line: string): string | null {
  // A colon behind an address is no part of it.
  return V4.exec(line)?.[0] ?? V6.exec(line)?.[0].replace(/(?<!:):$/, '') ?? null;
}

function withoutAddress(line: string): string {
  return line.replace(V4, ' ').replace(V6, ' ');
}

/**
 * Reads what ping of Windows printed, in any language: by its numbers and signs, and a line without an address between
 * replies by its words, or where the summary confirms that there were so many.
 *
 * @throws CodedError E_NOT_PING where no line is one of it, E_IMPORT_NO_PROBES where none shows a probe
 */
export function parseWindowsPing(lines: readonly string[], options: TextOptions): TextSeries[] {
  const strange = new StrangeLines();
  const runs: PrintedRun[] = [];
  /** Lines that may stand for a probe without an answer, by the words alone unknown. */
  let doubtful: { readonly seq: number; readonly line: number }[] = [];
  let current: PrintedRun | undefined;
  /** Counts whose percentage stands on the next line. */
  let unfinished = '';
  const begin = (): PrintedRun => {
    current = new PrintedRun({ kind: 'in-turn', pauseNs: PAUSE_NS, timeoutNs: TIMEOUT_NS });
    current.firstSeq = 1;
    runs.push(current);
    doubtful = [];
    return current;
  };
  const open = (): PrintedRun => (current === undefined || current.closed ? begin() : current);
  const lost = (run: PrintedRun): number => {
    const seq = run.next();
    run.add({ seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
    return seq;
  };
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const address = addressIn(line);
    const reply = REPLY.exec(line) ?? (address?.includes(':') ? REPLY_V6.exec(line) : null);
    if (reply !== null && address !== null) {
      let run = open();
      if (!run.isOf(address)) run = begin();
      if (run.names.size === 0) run.name(address);
      const isBelow = reply[1] === '<';
      if (isBelow) run.belowOneMs += 1;
      run.add({
        seq: run.next(),
        outcome: 'reply',
        rttNs: isBelow ? BELOW_ONE_NS : toNs(reply[2] ?? '0', 'ms'),
        ttl: Number(reply[4] ?? 0) || 0,
        reply: 'echo',
        time: timeBefore(line.slice(0, line.indexOf(address))),
      });
      continue;
    }
    if (isWindowsHeader(line)) {
      const run = current?.isEmpty ? current : begin();
      run.hasHeader = true;
      const [, name] = /(\S+) \[[^\]]+\]/.exec(line) ?? [];
      run.name(address ?? undefined, name);
      continue;
    }
    if (current === undefined) {
      strange.add(i + 1);
      continue;
    }
    if (/\d ?%/.test(line)) {
      const counts = readCounts(`${unfinished} ${line}`) ?? readCounts(line);
      if (counts !== null) {
        current.own = counts;
        settleDoubtful(current, doubtful, strange);
        doubtful = [];
        current.closed = true;
        continue;
      }
    }
    if (/= ?\d+.*= ?\d+/.test(line)) unfinished = line;
    else if (/= ?\d/.test(line)) unfinished = `${unfinished} ${line}`;
    if (current.closed || /=|^[A-Z]:\\|^PS /.test(line)) continue;
    if (address !== null) {
      const isStatistics = !UNREACHABLE.test(line);
      if (!isStatistics) {
        current.add({
          seq: current.next(),
          outcome: 'error',
          rttNs: null,
          ttl: 0,
          reply: 'unreachable',
          icmpType: 3,
          time: null,
        });
      }
      continue;
    }
    if (TIMED_OUT.test(line)) lost(current);
    else if (!/\d/.test(line)) doubtful.push({ seq: lost(current), line: i + 1 });
  }
  for (const run of runs) if (run.own === null && run === current) settleDoubtful(run, doubtful, strange);
  const useful = runs.filter((run) => !run.isEmpty);
  const [first] = useful;
  if (first === undefined) throw new CodedError('E_NOT_PING', 'no line is one of ping', 'give what ping printed', 2);
  const shown = useful.filter(showsProbes);
  if (shown.length === 0) throw noProbes('a summary of ping', first, 'give the lines above it too');
  return shown.map((run) => {
    const series = runSeries(run, options, WORDS);
    return { ...series, notes: [...strange.notes, ...series.notes] };
  });
}

/** Lines of unknown words count as timeouts only where the summary says that there were as many. */
function settleDoubtful(
  run: PrintedRun,
  doubtful: readonly { readonly seq: number; readonly line: number }[],
  strange: StrangeLines,
): void {
  if (doubtful.length === 0 || run.own?.sent === run.lines.size) return;
  for (const { seq, line } of doubtful) {
    run.lines.delete(seq);
    strange.add(line);
  }
  renumber(run);
}

/** Numbers without those that were no probes. */
function renumber(run: PrintedRun): void {
  const all = [...run.lines.values()].sort((a, b) => a.seq - b.seq);
  run.lines.clear();
  for (const [i, line] of all.entries()) run.lines.set(i + 1, { ...line, seq: i + 1 });
  run.highest = all.length;
}
