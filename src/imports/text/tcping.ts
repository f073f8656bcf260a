import { CodedError } from '../../model/errors.js';
import type { Reply } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { type OwnCounts, readCounts } from './counts-line.js';
import { timeBefore } from './line-time.js';
import { PrintedRun } from './printed-run.js';
import { noProbes, runSeries, showsProbes } from './run-series.js';
import type { RunWords } from './run-words.js';
import { StrangeLines, type TextOptions, type TextSeries, toNs } from './text-series.js';

/** One connect, as a line of one of the tools tells it. */
interface Connect {
  readonly host: string;
  readonly port: number | null;
  readonly reply: Reply | null;
  readonly rttNs: number | null;
}

type Read = (match: RegExpExecArray) => Connect;

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
const time = (digits: string | undefined, unit = 'ms'): number | null =>
  digits === undefined ? null : toNs(digits, unit);

/** Lines of the tools that time a connect, by their authors. */
const LINES: readonly [tool: string, pattern: RegExp, read: Read][] = [
  [
    'tcping (Fulkerson)',
    /Probing (\S+?):(\d+)\/tcp - (?:(Port is open|Port is closed)|No response|.*?) - (?:time=([\d.,]+) ?ms)?/i,
    ([, host = '', port, state, rtt]) => ({
      host,
      port: number(port),
      reply: state === undefined ? null : /open/i.test(state) ? 'syn-ack' : 'rst',
      rttNs: state === undefined ? null : time(rtt),
    }),
  ],
  [
    'tcping (cloverstd)',
    /Ping (?:tcp|http|https):\/\/(\S+?):(\d+)(?:\([^)]*\))?\/?(?:.*?(connected|success).*?time=([\d.,]+) ?([^\s\d]*)|(?!.*\btime=\d).*(?:fail|timeout|refused|closed).*)/i,
    ([, host = '', port, state, rtt, unit]) => ({
      host,
      port: number(port),
      reply: state === undefined ? null : 'syn-ack',
      rttNs: time(rtt, unit),
    }),
  ],
  [
    'tcping (pouriyajamshidi)',
    /(No reply|Reply) from (\S+?)(?: \(([^)]+)\))? on port (\d+)(?: using \S+)? TCP_conn=\d+(?: time=([\d.,]+) ?(\S*))?/i,
    ([, kind = '', host = '', address, port, rtt, unit]) => ({
      host: address ?? host,
      port: number(port),
      reply: /^no/i.test(kind) ? null : 'syn-ack',
      rttNs: time(rtt, unit),
    }),
  ],
  [
    'tcpping',
    /^.*?seq \d+: (?:tcp response from (\S+)(?: \(([^)]+)\))? \[(\w+)\] +([\d.,]+) ms|no response)/,
    ([, host = '', address, state, rtt]) => ({
      host: address ?? host,
      port: null,
      reply: rtt === undefined ? null : state === 'closed' ? 'rst' : 'syn-ack',
      rttNs: time(rtt),
    }),
  ],
  [
    'paping',
    /Connected to (\S+): time=([\d.,]+) ?ms protocol=TCP port=(\d+)/i,
    ([, host = '', rtt, port]) => ({ host, port: number(port), reply: 'syn-ack', rttNs: time(rtt) }),
  ],
  [
    'psping',
    /Connecting to (\S+):(\d+): ?(?:from \S+: ([\d.,]+) ?ms|from \S+:$|.*$)/i,
    ([, host = '', port, rtt]) => ({
      host: host.replace(/^\[|\]$/g, ''),
      port: number(port),
      reply: rtt === undefined ? null : 'syn-ack',
      rttNs: time(rtt),
    }),
  ],
  [
    'httping',
    /connected to (\S+?):(\d+) \(.*?seq=\d+ time= ?([\d.,]+) ?ms/i,
    ([, host = '', port, rtt]) => ({ host, port: number(port), reply: 'syn-ack', rttNs: time(rtt) }),
  ],
];
/** Failures that name nobody: of the target before. */
const FAILED =
  /^(?:.* )?(?:Connection timed out|could not connect|connect time out|timeout while (?:connecting|receiving)|no response|- No response)\b/i;
/** `4 probes sent.` and `3 successful, 1 failed.`, on lines of their own. */
const SENT = /^(\d+) probes? sent/i;
/** psping counts none of those that warm up. */
const WARM_UP = /^Connecting to \S+ \(warmup\)/i;
const SUCCESSFUL = /^(\d+) successful, (\d+) failed/i;
const COUNTED = /(?:Attempted|connects?)\D+(\d+), (?:Connected\D+)?(\d+)(?: ok)?, /i;

/** Whether a line is one of a tool that times connects. */
export function isTcpingLine(line: string): boolean {
  if (/^PING \S+:\d+ \(/.test(line)) return true;
  return LINES.some(([, pattern]) => pattern.test(line)) && /tcp|connect|port|psping|seq/i.test(line);
}

/**
 * Reads what tcping, tcpping, paping, psping and httping printed: a connect by the kernel for each line.
 * @throws CodedError E_NOT_TCPING where no line is one of theirs, E_IMPORT_NO_PROBES where none shows a probe
 */
export function parseTcping(lines: readonly string[], options: TextOptions): TextSeries[] {
  const strange = new StrangeLines();
  const runs: PrintedRun[] = [];
  let tool = 'tcping';
  let sent: number | null = null;
  let current: PrintedRun | undefined;
  const begin = (): PrintedRun => {
    current = new PrintedRun({ kind: 'in-turn', pauseNs: SECOND, timeoutNs: 2 * SECOND });
    current.protocol = 'syn';
    current.firstSeq = 1;
    runs.push(current);
    return current;
  };
  const take = ({ host, port, reply, rttNs }: Connect, prefix: string): void => {
    let run =
      current === undefined || current.closed || (host !== '' && !isOfRun(current, host, port)) ? begin() : current;
    if (current !== undefined && run !== current) run = current;
    if (host !== '') run.name(host);
    run.port ??= port;
    const seq = run.next();
    if (reply === null) run.add({ seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
    else run.add({ seq, outcome: 'reply', rttNs, ttl: 0, reply, time: timeBefore(prefix) });
  };
  const count = (own: OwnCounts): void => {
    if (current === undefined) return;
    current.own = own;
    current.closed = true;
  };
  for (const [i, line] of lines.entries()) {
    const found = LINES.map(([name, pattern, read]) => ({ name, match: pattern.exec(line), read })).find(
      ({ match }) => match !== null,
    );
    if (found?.match != null) {
      tool = found.name;
      take(found.read(found.match), line.slice(0, found.match.index));
      continue;
    }
    const successful = SUCCESSFUL.exec(line);
    const counted = COUNTED.exec(line);
    if (SENT.test(line)) sent = Number(SENT.exec(line)?.[1]);
    else if (successful !== null) {
      const [ok, failed] = [Number(successful[1]), Number(successful[2])];
      count({ sent: sent ?? ok + failed, received: ok, timeNs: null });
    } else if (counted !== null) count({ sent: Number(counted[1]), received: Number(counted[2]), timeNs: null });
    else if (/\d ?%/.test(line) && readCounts(line) !== null) count(readCounts(line) as OwnCounts);
    else if (current !== undefined && !current.closed && FAILED.test(line)) {
      // psping says on the next line why the one before has no time.
      const isSaid = tool === 'psping' && current.lines.get(current.highest)?.outcome === 'lost';
      if (!isSaid) take({ host: '', port: null, reply: null, rttNs: null }, '');
    } else if (line !== '' && current === undefined && !isHeading(line)) strange.add(i + 1);
  }
  const useful = runs.filter((run) => !run.isEmpty);
  const [first] = useful;
  if (first === undefined) throw new CodedError('E_NOT_TCPING', 'no line is one of tcping', 'give what it printed', 2);
  const shown = useful.filter(showsProbes);
  if (shown.length === 0) throw noProbes(`a summary of ${tool}`, first, 'give the lines of the single connects too');
  return shown.map((run) => {
    const series = runSeries(run, options, wordsOf(tool));
    return { ...series, kernelConnects: true, notes: [...strange.notes, ...series.notes] };
  });
}

/** What stands before the first connect. */
function isHeading(line: string): boolean {
  return (
    WARM_UP.test(line) ||
    /^(?:PING \S+:\d+|TCPinging|Connecting to|TCP connect to|\d+ iterations|\$ |Type |paping|psping|PsPing)/i.test(line)
  );
}

function isOfRun(run: PrintedRun, host: string, port: number | null): boolean {
  return (run.names.size === 0 || run.names.has(host)) && (port === null || run.port === null || run.port === port);
}

function wordsOf(tool: string): RunWords {
  return {
    tool,
    intervalOption: /(?!)/,
    intervalUnitNs: SECOND,
    timesBy: '',
    notes: [
      tool === 'httping'
        ? 'httping times a whole request, the server included: what is slow need not be the network'
        : `${tool} times connect() in user space: the kernel sends a SYN again after 1 s (3 s, 7 s), which reads as a delay of so much`,
    ],
  };
}
