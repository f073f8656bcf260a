import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { PrintedRun } from './printed-run.js';
import { noSingleProbes, runSeries } from './run-series.js';
import type { RunWords } from './run-words.js';
import { StrangeLines, type TextOptions, type TextSeries } from './text-series.js';

/** From one probe of a hop to the next. */
const DEFAULT_INTERVAL_NS = SECOND;
const INSTEAD = 'run mtr --raw, which prints each probe';

const SENT = /^x (\d+) (\d+)$/;
const HOST = /^h (\d+) (\S+)$/;
const PROBE = /^p (\d+) (\d+)(?: (\d+))?$/;
const NAME = /^(?:d|t|m) \d+ .*$/;
const REPORT_HEAD = /^(?:HOST: \S+|Host)\s+Loss% +Snt/;
const REPORT_HOP = /^\s*(\d+)\.(?:\|--)? ?(\S+) +([\d.]+)%? +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)/;
const SCREEN = /My traceroute {2}\[v|Packets {2,}Pings|Keys: {2}Help/;
const CSV = /^Mtr_Version,Start_Time,Status,Host,Hop/;
const COMMAND = /(?:^|\s)(mtr\s+.*)$/;

/** Whether a line is one of `mtr --raw`. */
export function isMtrRawLine(line: string): boolean {
  return SENT.test(line) || PROBE.test(line);
}

/** Whether a line is one of mtr's reports, which show no probes. */
export function isMtrReportLine(line: string): boolean {
  return REPORT_HEAD.test(line) || SCREEN.test(line) || CSV.test(line);
}

/** Whether a text is what mtr --json prints. */
export function isMtrJson(text: string): boolean {
  return /^\s*\{\s*"report"\s*:\s*\{\s*"mtr"/.test(text.slice(0, 400));
}

/** @throws CodedError E_IMPORT_NO_PROBES with what the report says of its last hop */
export function refuseMtrReport(lines: readonly string[]): never {
  const last = lines.map((line) => REPORT_HOP.exec(line)).findLast((match) => match !== null && match[2] !== '???');
  const numbers: string[] = [];
  if (last !== undefined && last !== null) {
    const [, hop, host, loss, sent, , average, best, worst] = last;
    numbers.push(`hop ${hop}, ${host}: ${sent} sent, ${loss} % lost, RTT min/avg/max ${best}/${average}/${worst} ms`);
  }
  const hubs = /"hubs"\s*:\s*(\[[\s\S]*\])/.exec(lines.join('\n'))?.[1];
  if (hubs !== undefined) numbers.push(...hubNumbers(hubs));
  throw noSingleProbes('a report of mtr', numbers, INSTEAD);
}

function hubNumbers(text: string): string[] {
  try {
    const hubs = JSON.parse(text) as readonly Readonly<Record<string, unknown>>[];
    const last = hubs.findLast((hub) => hub.host !== '???');
    if (last === undefined) return [];
    return [
      `hop ${last.count}, ${last.host}: ${last.Snt} sent, ${last['Loss%']} % lost, RTT min/avg/max ${last.Best}/${last.Avg}/${last.Wrst} ms`,
    ];
  } catch {
    return [];
  }
}

interface Hop {
  readonly run: PrintedRun;
  /** In the order of sending: numbers of mtr, which count over all hops. */
  readonly sent: number[];
  readonly rtts: Map<number, number>;
  /** Answers of versions that print no numbers. */
  readonly unnumbered: number[];
  host: string | null;
}

/**
 * Reads `mtr --raw`: one series for each hop that answered. `x` lines say what was sent, `p` lines what was answered.
 * @throws CodedError E_NOT_MTR where no line is one of them
 */
export function parseMtrRaw(lines: readonly string[], options: TextOptions): TextSeries[] {
  const hops = new Map<number, Hop>();
  const strange = new StrangeLines();
  let command: string | null = null;
  const hopOf = (digits: string): Hop => {
    const number = Number(digits);
    const known = hops.get(number);
    if (known !== undefined) return known;
    const run = new PrintedRun({ kind: 'periodic', defaultNs: DEFAULT_INTERVAL_NS });
    const made: Hop = { run, sent: [], rtts: new Map(), unnumbered: [], host: null };
    hops.set(number, made);
    return made;
  };
  for (const [i, line] of lines.entries()) {
    const sent = SENT.exec(line);
    const host = HOST.exec(line);
    const probe = PROBE.exec(line);
    if (sent !== null) hopOf(sent[1] ?? '0').sent.push(Number(sent[2]));
    else if (host !== null) hopOf(host[1] ?? '0').host ??= host[2] ?? null;
    else if (probe !== null) {
      const hop = hopOf(probe[1] ?? '0');
      const rttNs = Number(probe[2]) * 1_000;
      if (probe[3] === undefined) hop.unnumbered.push(rttNs);
      else hop.rtts.set(Number(probe[3]), rttNs);
    } else if (!NAME.test(line) && line !== '') {
      command ??= COMMAND.exec(line)?.[1] ?? null;
      if (command === null) strange.add(i + 1);
    }
  }
  if (hops.size === 0) throw new CodedError('E_NOT_MTR', 'no line is one of mtr --raw', INSTEAD, 2);
  const numbered = [...hops].sort((a, b) => a[0] - b[0]);
  const answering = numbered.filter(([, { rtts, unnumbered }]) => rtts.size + unnumbered.length > 0);
  const silent = numbered.length - answering.length;
  const lastAnswering = answering.at(-1)?.[0] ?? 0;
  const shown = answering.length > 0 ? answering : numbered.slice(-1);
  return shown.map(([number, hop]) => {
    const { run } = hop;
    run.command = command;
    run.name(hop.host ?? `hop ${number + 1}`);
    run.firstSeq = 1;
    fill(run, hop, number === lastAnswering);
    const series = runSeries(run, options, wordsOf(number, lastAnswering, silent));
    return { ...series, notes: [...strange.notes, ...series.notes] };
  });
}

function fill(run: PrintedRun, { sent, rtts, unnumbered }: Hop, isTarget: boolean): void {
  const reply = isTarget ? 'echo' : 'ttl-exceeded';
  const numbers = sent.length > 0 ? sent : [...rtts.keys()];
  // What was asked in the last round may still be under way when mtr ends.
  const lastAnswered = numbers.findLastIndex((number) => rtts.has(number));
  for (const [i, number] of numbers.entries()) {
    const rttNs = rtts.get(number);
    const seq = run.next();
    if (rttNs !== undefined) run.add({ seq, outcome: 'reply', rttNs, ttl: 0, reply, time: null });
    else if (i < lastAnswered) run.add({ seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
  }
  for (const rttNs of unnumbered) run.add({ seq: run.next(), outcome: 'reply', rttNs, ttl: 0, reply, time: null });
}

function wordsOf(number: number, last: number, silent: number): RunWords {
  return {
    tool: 'mtr',
    intervalOption: /(?:^|\s)(?:-i|--interval)[\s=]*([\d.]+)/,
    intervalUnitNs: SECOND,
    timesBy: '',
    notes: [
      ...(number < last
        ? [
            `hop ${number + 1} is a router: it answers by its own processor when it has time, so what is slow there alone delays nobody`,
          ]
        : []),
      ...(silent > 0 ? [`${silent} hops never answered, which they need not`] : []),
    ],
  };
}
