import { formatLength } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { MS, SECOND } from '../model/time.js';
import {
  intervalFromDecay,
  intervalFromStamps,
  msToNs,
  type PrintedProbe,
  StrangeLines,
  stampNs,
  type TextOptions,
  type TextSeries,
  toSamples,
} from './text-series.js';

/** fping's own, from one probe of a target to the next. */
const DEFAULT_PERIOD_NS = SECOND;

const REPLY = /^(?:\[(\d+\.\d+)\] |\[[^\]]*\] )?(\S+)(?: \(([^)]*)\))?\s+: \[(\d+)\], \d+ bytes, ([\d.]+) ms/;
const TIMED_OUT = /^(?:\[(\d+\.\d+)\] |\[[^\]]*\] )?(\S+)(?: \(([^)]*)\))?\s+: \[(\d+)\], timed out/;
const DUPLICATE = /duplicate for \[\d+\]/;
const SUMMARY = /^(\S+)(?: \(([^)]*)\))?\s+: xmt\/rcv\/%(?:loss|return) = (\d+)\/(\d+)\/(\d+)%/;
const VECTOR = /^(\S+)(?: \(([^)]*)\))?\s+:((?: (?:[\d.]+|-))+)\s*$/;
const COMMAND = /(?:^|\s)fping6?\s+(.*)$/;
const PASSED_OVER = /^$|^\$ |^#|^ICMP |fping6? |^\^C/;

interface Host {
  readonly name: string;
  readonly lines: Map<number, { readonly seq: number; readonly rttNs: number; readonly stampNs: bigint | null }>;
  duplicates: number;
  timedOut: number;
  coarse: number;
  summary: { readonly sent: number; readonly received: number; readonly percent: number } | null;
  vector: string[] | null;
}

/** Whether a line is one of fping's. */
export function isFpingLine(line: string): boolean {
  return REPLY.test(line) || TIMED_OUT.test(line) || SUMMARY.test(line) || VECTOR.test(line);
}

/**
 * Reads what fping printed with -l, -c or -C: one series a target. What "timed out" was late or lost, which nobody can
 * tell any more: fping throws away what comes after its timeout, by default the period.
 *
 * @throws CodedError E_NOT_FPING where no line is one of fping's
 */
export function parseFpingText(text: string, options: TextOptions): TextSeries[] {
  const hosts = new Map<string, Host>();
  const strange = new StrangeLines();
  let command: string | null = null;
  const hostOf = (name: string): Host => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const made: Host = { name, lines: new Map(), duplicates: 0, timedOut: 0, coarse: 0, summary: null, vector: null };
    hosts.set(name, made);
    return made;
  };
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const reply = REPLY.exec(line);
    const timedOut = reply === null ? TIMED_OUT.exec(line) : null;
    const match = reply ?? timedOut;
    if (match !== null) {
      const [, stamp, name = '', address, digits = '0', time] = match;
      const host = hostOf(address ?? name);
      const seq = Number(digits);
      if (reply === null) host.timedOut += 1;
      else if (/^\d+$/.test(time ?? '') && Number(time) >= 100) host.coarse += 1;
      if (host.lines.has(seq)) {
        host.duplicates += 1;
        continue;
      }
      const rttNs = reply === null ? -1 : msToNs(time ?? '0');
      host.lines.set(seq, { seq, rttNs, stampNs: stamp === undefined ? null : stampNs(stamp) });
      continue;
    }
    const summary = SUMMARY.exec(line);
    if (summary !== null) {
      const [, name = '', address, sent, received, percent] = summary;
      hostOf(address ?? name).summary = { sent: Number(sent), received: Number(received), percent: Number(percent) };
      continue;
    }
    const vector = VECTOR.exec(line);
    if (vector !== null) {
      hostOf(vector[2] ?? vector[1] ?? '').vector = (vector[3] ?? '').trim().split(' ');
      continue;
    }
    command ??= COMMAND.exec(line)?.[1] ?? null;
    if (DUPLICATE.test(line)) continue;
    if (!PASSED_OVER.test(line)) strange.add(i + 1);
  }
  const useful = [...hosts.values()].filter(
    ({ lines, vector, summary }) => lines.size > 0 || vector !== null || summary !== null,
  );
  if (useful.length === 0) {
    throw new CodedError('E_NOT_FPING', 'no line is one of fping', 'give what fping -l, -c or -C printed', 2);
  }
  for (const host of useful) if (host.lines.size === 0) takeVector(host);
  const epochNs = epochOf(useful);
  return useful.map((host) => seriesOf(host, { options, command, epochNs, strange, hosts: useful.length }));
}

interface Around {
  readonly options: TextOptions;
  readonly command: string | null;
  readonly epochNs: bigint;
  readonly strange: StrangeLines;
  readonly hosts: number;
}

function seriesOf(host: Host, { options, command, epochNs, strange, hosts }: Around): TextSeries {
  const lines = [...host.lines.values()].sort((a, b) => a.seq - b.seq);
  const stamped = lines.flatMap(({ seq, stampNs: stamp, rttNs }) =>
    stamp === null || rttNs < 0 ? [] : [{ seq, sentNs: Number(stamp - epochNs) - rttNs }],
  );
  const interval = intervalOf(options, command, stamped, lines);
  let anchor = stamped[0];
  const sentOf = new Map(stamped.map(({ seq, sentNs }) => [seq, sentNs]));
  const probes = lines.map(({ seq, rttNs }): PrintedProbe => {
    const own = sentOf.get(seq);
    if (own !== undefined) anchor = { seq, sentNs: own };
    const sentNs = own ?? (anchor === undefined ? seq * interval.ns : anchor.sentNs + (seq - anchor.seq) * interval.ns);
    return rttNs < 0
      ? { seq, sentNs, outcome: 'lost', rttNs: -1, reply: 'none', ttl: 0 }
      : { seq, sentNs, outcome: 'reply', rttNs, reply: 'echo', ttl: 0 };
  });
  const { summary } = host;
  const lost = summary === null ? 0 : summary.sent - summary.received;
  const timeoutNs = timeoutOf(command, interval.ns);
  return {
    target: host.name,
    port: null,
    protocol: 'icmp',
    intervalNs: interval.ns,
    epochNs: stamped.length > 0 ? epochNs : 0n,
    samples: toSamples(probes, options.waitNs),
    censored: false,
    freshPorts: false,
    duplicates: host.duplicates,
    inFlight: 0,
    durationNs: lines.length === 0 ? null : (lines.at(-1)?.seq ?? 0) * interval.ns,
    notes: [
      ...strange.notes,
      ...(host.timedOut > 0 || lost > 0
        ? [
            `${Math.max(host.timedOut, lost)} probes of ${host.name} timed out: fping throws away every reply that comes after its timeout ` +
              `(${timeoutNs === null ? 'by default its period' : formatLength(timeoutNs)}), so a stall reads as losses and its length is gone; ` +
              'measure again with -t 1000 or longer',
          ]
        : [
            `fping throws away replies that come after its timeout${timeoutNs === null ? '' : ` (${formatLength(timeoutNs)})`}: a longer delay would read as a loss`,
          ]),
      ...(host.coarse > 0
        ? [`${host.coarse} RTTs from 100 ms up were printed in whole milliseconds: releases are known to ±0.5 ms only`]
        : []),
      ...(summary !== null && lost > 0
        ? [`${lost} of ${summary.sent} lost, which fping rounds down to ${summary.percent} %`]
        : []),
      stamped.length > 0
        ? 'send instants are the printed times (-D) less the RTT; those of probes that timed out are reckoned'
        : `the text has no times (fping -D prints them): send instants are the number times ${formatLength(interval.ns)} (${interval.from})`,
      ...(hosts > 1
        ? ['fping visits its targets one after the other: their probes are not sent at the same instant']
        : []),
    ],
  };
}

function takeVector(host: Host): void {
  for (const [seq, time] of (host.vector ?? []).entries()) {
    if (time === '-') host.timedOut += 1;
    else if (/^\d+$/.test(time) && Number(time) >= 100) host.coarse += 1;
    host.lines.set(seq, { seq, rttNs: time === '-' ? -1 : msToNs(time), stampNs: null });
  }
}

function epochOf(hosts: readonly Host[]): bigint {
  let first: bigint | null = null;
  for (const { lines } of hosts) {
    for (const { stampNs: stamp, rttNs } of lines.values()) {
      if (stamp === null) continue;
      const sent = stamp - BigInt(Math.max(0, rttNs));
      if (first === null || sent < first) first = sent;
    }
  }
  return first === null ? 0n : first - (first % BigInt(SECOND));
}

function intervalOf(
  options: TextOptions,
  command: string | null,
  stamped: readonly { readonly seq: number; readonly sentNs: number }[],
  lines: readonly { readonly seq: number; readonly rttNs: number }[],
): { readonly ns: number; readonly from: string } {
  if (options.intervalNs !== undefined) return { ns: options.intervalNs, from: 'as given' };
  const fromStamps = intervalFromStamps(stamped);
  if (fromStamps !== null) return { ns: fromStamps, from: 'by the printed times' };
  const asked = /(?:^|\s)(?:-p|--period[ =])\s*([\d.]+)/.exec(command ?? '')?.[1];
  if (asked !== undefined && Number(asked) > 0)
    return { ns: Math.round(Number(asked) * MS), from: 'by its command line' };
  const decay = intervalFromDecay(lines.filter(({ rttNs }) => rttNs >= 0));
  if (decay !== null) return { ns: decay, from: 'by the decay of the stalls' };
  return { ns: DEFAULT_PERIOD_NS, from: "fping's default period, as nothing tells; -i says it" };
}

/** What was asked for; null where nothing tells. */
function timeoutOf(command: string | null, intervalNs: number): number | null {
  if (command === null) return null;
  const asked = /(?:^|\s)(?:-t|--timeout[ =])\s*([\d.]+)/.exec(command)?.[1];
  return asked === undefined ? intervalNs : Math.round(Number(asked) * MS);
}
