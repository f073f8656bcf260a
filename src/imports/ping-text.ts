import { formatLength } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { SECOND } from '../model/time.js';
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
  unwrapped,
} from './text-series.js';

/** ping's own default. */
const DEFAULT_INTERVAL_NS = SECOND;
/** More numbers than this between two lines are a damaged line, not a loss. */
const MOST_MISSING = 1_000_000;

const HEADER =
  /^PING (\S+?)(?: ?\(([^)]*)\))?(?: from \S+(?: \S+)?)?:? .*data bytes|^PING (\S+?) ?\(([^)]*)\).*bytes of data/;
const REPLY =
  /^(?:\[(\d+\.\d+)\] )?\d+ bytes from (.+?): (?:icmp_)?seq=(\d+)(?: (?:ttl|hlim)=(\d+))?(?: time[=<]([\d.]+) ?ms)?(.*)$/;
const NO_ANSWER = /^(?:\[(\d+\.\d+)\] )?(?:no answer yet for icmp_seq=|Request timeout for icmp_seq )(\d+)/;
const ERROR = /^(?:\[(\d+\.\d+)\] )?From (\S+).*? icmp_seq=(\d+) (.+)$/;
const COUNTS = /^(\d+) packets transmitted, (\d+) (?:packets )?received.*?(?:time (\d+)ms)?$/;
const COMMAND = /(?:^|\s)ping6?\s+(.*)$/;
const PASSED_OVER = /^$|^--- |^rtt |^round-trip |^\$ |^#|ping6? |^\^C|^Warning|^WARNING/;

interface Line {
  readonly seq: number;
  readonly rttNs: number;
  readonly ttl: number;
  readonly stampNs: bigint | null;
  readonly icmpType?: number;
}

/** Whether a line is one of ping's. */
export function isPingLine(line: string): boolean {
  return HEADER.test(line) || REPLY.test(line) || NO_ANSWER.test(line);
}

/**
 * Reads what ping printed: iputils, with or without -D and -O, busybox, BSD. Numbers that were never answered are
 * lost; those at the end that had not been waited for are in flight.
 *
 * @throws CodedError E_NOT_PING where no line is one of ping's
 */
export function parsePingText(text: string, options: TextOptions): TextSeries {
  const lines = text.split(/\r?\n/);
  const strange = new StrangeLines();
  const found = new Map<number, Line>();
  let target: string | null = null;
  let command: string | null = null;
  let counts: { transmitted: number; timeNs: number | null } | null = null;
  let duplicates = 0;
  let waitedFor = 0;
  let last = 0;
  let highest = Number.NEGATIVE_INFINITY;
  let printedCoarsely = 0;
  const number = (digits: string): number => {
    last = found.size === 0 && highest === Number.NEGATIVE_INFINITY ? Number(digits) : unwrapped(Number(digits), last);
    highest = Math.max(highest, last);
    return last;
  };
  for (const [i, line] of lines.entries()) {
    const reply = REPLY.exec(line);
    if (reply !== null) {
      const [, stamp, from, digits = '', ttl, time, rest = ''] = reply;
      target ??= addressOf(from ?? '');
      if (time === undefined) {
        strange.add(i + 1);
        continue;
      }
      const seq = number(digits);
      if (rest.includes('DUP!') || (found.get(seq)?.rttNs ?? -1) >= 0) {
        duplicates += 1;
        continue;
      }
      if (/^\d+$/.test(time) && Number(time) >= 100) printedCoarsely += 1;
      found.set(seq, {
        seq,
        rttNs: msToNs(time),
        ttl: Number(ttl ?? 0),
        stampNs: stamp === undefined ? null : stampNs(stamp),
      });
      continue;
    }
    const unanswered = NO_ANSWER.exec(line);
    if (unanswered !== null) {
      waitedFor += 1;
      number(unanswered[2] ?? '0');
      continue;
    }
    const error = ERROR.exec(line);
    if (error !== null) {
      const seq = number(error[3] ?? '0');
      const icmpType = /exceeded/i.test(error[4] ?? '') ? 11 : 3;
      if (!found.has(seq)) found.set(seq, { seq, rttNs: -1, ttl: 0, stampNs: null, icmpType });
      continue;
    }
    const summary = COUNTS.exec(line);
    if (summary !== null) {
      counts = { transmitted: Number(summary[1]), timeNs: summary[3] === undefined ? null : Number(summary[3]) * 1e6 };
      continue;
    }
    const header = HEADER.exec(line);
    if (header !== null) {
      target = header[2] ?? header[4] ?? header[1] ?? header[3] ?? null;
      continue;
    }
    command ??= COMMAND.exec(line)?.[1] ?? null;
    if (!PASSED_OVER.test(line)) strange.add(i + 1);
  }
  if (target === null && counts === null) {
    throw new CodedError('E_NOT_PING', 'no line is one of ping', 'give what ping printed, without -q', 2);
  }
  const replies = [...found.values()].sort((a, b) => a.seq - b.seq);
  const epochNs = epochOf(replies);
  const stamped = replies.flatMap(({ seq, stampNs: stamp, rttNs }) =>
    stamp === null || rttNs < 0 ? [] : [{ seq, sentNs: Number(stamp - epochNs) - rttNs }],
  );
  const interval = intervalOf(options, command, counts, stamped, replies);
  const probes = place(replies, stamped, interval.ns);
  const answered = probes.length;
  const missing = missingProbes(probes, replies, counts?.transmitted ?? null, interval.ns, options.waitNs, highest);
  const spread = probes.concat(missing.lost);
  return {
    target: target ?? 'unknown',
    port: null,
    protocol: 'icmp',
    intervalNs: interval.ns,
    epochNs,
    samples: toSamples(spread, options.waitNs),
    censored: false,
    freshPorts: false,
    duplicates,
    inFlight: missing.inFlight,
    durationNs: counts?.timeNs ?? (answered > 1 ? (spread.length - 1) * interval.ns : null),
    notes: [
      ...strange.notes,
      ...(counts === null
        ? ["the text ends without ping's summary: it may be cut off, and probes behind the last line are not known"]
        : []),
      'ping stamps what it sends in user space and what it receives in the kernel: a pause of ping itself before sending looks like a delay',
      stamped.length > 0
        ? 'send instants are the printed times (-D) less the RTT'
        : `the text has no times (ping -D prints them): send instants are the number times ${formatLength(interval.ns)} (${interval.from}), although ping does not keep its interval exactly`,
      ...(printedCoarsely > 0
        ? [
            `${printedCoarsely} RTTs from 100 ms up were printed in whole milliseconds: releases are known to ±0.5 ms only`,
          ]
        : []),
      ...(waitedFor > 0
        ? [`"no answer yet" (${waitedFor} times) means late or lost; only what never came is counted as lost`]
        : []),
      ...(interval.ns > 100e6
        ? [
            `one probe every ${formatLength(interval.ns)} misses most short stalls: see the smallest stall it would have seen`,
          ]
        : []),
    ],
  };
}

function addressOf(from: string): string {
  return /\(([^)]+)\)$/.exec(from)?.[1] ?? from;
}

function epochOf(replies: readonly Line[]): bigint {
  const stamps = replies.flatMap(({ stampNs: stamp, rttNs }) =>
    stamp === null ? [] : [stamp - BigInt(Math.max(0, rttNs))],
  );
  const first = stamps.reduce<bigint | null>((least, stamp) => (least === null || stamp < least ? stamp : least), null);
  return first === null ? 0n : first - (first % BigInt(SECOND));
}

function intervalOf(
  options: TextOptions,
  command: string | null,
  counts: { readonly transmitted: number; readonly timeNs: number | null } | null,
  stamped: readonly { readonly seq: number; readonly sentNs: number }[],
  replies: readonly Line[],
): { readonly ns: number; readonly from: string } {
  if (options.intervalNs !== undefined) return { ns: options.intervalNs, from: 'as given' };
  const fromStamps = intervalFromStamps(stamped);
  if (fromStamps !== null) return { ns: fromStamps, from: 'by the printed times' };
  if (counts?.timeNs && counts.transmitted > 1) {
    return { ns: Math.round(counts.timeNs / (counts.transmitted - 1)), from: 'by the summary' };
  }
  const asked = /(?:^|\s)-i\s*([\d.]+)/.exec(command ?? '')?.[1];
  if (asked !== undefined && Number(asked) > 0)
    return { ns: Math.round(Number(asked) * SECOND), from: 'by its command line' };
  const decay = intervalFromDecay(replies.filter(({ rttNs }) => rttNs >= 0));
  if (decay !== null) return { ns: decay, from: 'by the decay of the stalls' };
  return { ns: DEFAULT_INTERVAL_NS, from: "ping's default, as nothing tells; -i says it" };
}

function place(
  replies: readonly Line[],
  stamped: readonly { readonly seq: number; readonly sentNs: number }[],
  intervalNs: number,
): PrintedProbe[] {
  const sentOf = new Map(stamped.map(({ seq, sentNs }) => [seq, sentNs]));
  const first = replies[0]?.seq ?? 0;
  let anchor = stamped[0];
  return replies.map(({ seq, rttNs, ttl, icmpType }) => {
    const own = sentOf.get(seq);
    if (own !== undefined) anchor = { seq, sentNs: own };
    const sentNs =
      own ?? (anchor === undefined ? (seq - first) * intervalNs : anchor.sentNs + (seq - anchor.seq) * intervalNs);
    return icmpType === undefined
      ? { seq, sentNs, outcome: 'reply', rttNs, reply: 'echo', ttl }
      : {
          seq,
          sentNs,
          outcome: 'error',
          rttNs: -1,
          reply: icmpType === 11 ? 'ttl-exceeded' : 'unreachable',
          ttl,
          icmpType,
        };
  });
}

/** Numbers without a line: lost; or in flight, where less than the wait lies between them and the end. */
function missingProbes(
  probes: readonly PrintedProbe[],
  replies: readonly Line[],
  transmitted: number | null,
  intervalNs: number,
  waitNs: number,
  highest: number,
): { readonly lost: PrintedProbe[]; readonly inFlight: number } {
  const lost: PrintedProbe[] = [];
  const first = Math.min(replies[0]?.seq ?? 0, 1);
  const end = transmitted === null ? highest + 1 : Math.max(highest + 1, first + transmitted);
  const byseq = new Map(probes.map((probe) => [probe.seq, probe]));
  let anchor: PrintedProbe | undefined;
  let inFlight = 0;
  const last = probes.at(-1);
  const endNs = last === undefined ? 0 : last.sentNs + Math.max(0, end - 1 - last.seq) * intervalNs;
  let missing = 0;
  for (let seq = replies[0]?.seq ?? first; seq < end && missing < MOST_MISSING; seq += 1) {
    const known = byseq.get(seq);
    if (known !== undefined) {
      anchor = known;
      continue;
    }
    missing += 1;
    const sentNs = anchor === undefined ? (seq - first) * intervalNs : anchor.sentNs + (seq - anchor.seq) * intervalNs;
    if (last !== undefined && sentNs > endNs - waitNs && seq > last.seq) inFlight += 1;
    else lost.push({ seq, sentNs, outcome: 'lost', rttNs: -1, reply: 'none', ttl: 0 });
  }
  return { lost, inFlight };
}
