import { CodedError } from '../../model/errors.js';
import type { Protocol } from '../../model/protocol.js';
import type { Reply } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { intervalFromStamps } from './interval.js';
import { type PrintedProbe, StrangeLines, type TextOptions, type TextSeries, toSamples } from './text-series.js';

const ICMP =
  /^(SENT|RCVD) \(([\d.]+)s\) ICMPv?6? \[(\S+) > (\S+) Echo (request|reply) .*?\bid=(\d+) seq=(\d+)\](?: IP \[ttl=(\d+))?/;
const TCP = /^(SENT|RCVD) \(([\d.]+)s\) TCP \[?(\S+):(\d+) > (\S+):(\d+) ([A-Z]+)\b(?:.*?\bttl=(\d+))?/;
const UDP = /^(SENT|RCVD) \(([\d.]+)s\) UDP \[?(\S+):(\d+) > (\S+):(\d+)\b/;
const UNREACHABLE =
  /^RCVD \(([\d.]+)s\) ICMPv?6? \[(\S+) > \S+ (.*?unreachable|.*?exceeded.*?) \(type=(\d+)\/code=(\d+)/i;
const CONNECT = /^SENT \(([\d.]+)s\) Starting TCP Handshake > (\S+):(\d+)/;
const CONNECTED = /^RCVD \(([\d.]+)s\) (Handshake with|Possible TCP RST received from) (\S+):(\d+)/;
const PASSED_OVER =
  /^\s*$|^CAPT |^Starting Nping|^Max rtt|^Raw packets|^Nping done|^TCP connection|^Statistics|^ \|_|^\$ |^#|^\^C|nping /;

interface Sent {
  readonly seq: number;
  readonly key: string;
  readonly sentNs: number;
  rttNs: number;
  reply: Reply;
  ttl: number;
  icmpType: number;
}

interface Path {
  readonly target: string;
  readonly port: number | null;
  readonly protocol: Protocol;
  /** By their order; those that are known by a key are looked up by it. */
  readonly sent: Sent[];
  /** First that may be unanswered. */
  open: number;
  duplicates: number;
}

/** Whether a line is one of nping's. */
export function isNpingLine(line: string): boolean {
  return /^Starting Nping /.test(line) || /^(SENT|RCVD|CAPT) \([\d.]+s\) /.test(line);
}

/**
 * Reads what nping printed. Its own statistics go wrong as soon as two probes are under way, so its SENT and RCVD lines
 * are paired anew: echoes by identifier and number; TCP and UDP, whose lines show no key, in their order.
 *
 * @throws CodedError E_NOT_NPING where no line is one of nping's
 */
export function parseNpingText(lines: readonly string[], options: TextOptions): TextSeries[] {
  const paths = new Map<string, Path>();
  const strange = new StrangeLines();
  let last = 0;
  const pathOf = (protocol: Protocol, target: string, port: number | null): Path => {
    const key = `${protocol} ${target} ${port}`;
    const known = paths.get(key) ?? { target, port, protocol, sent: [], open: 0, duplicates: 0 };
    paths.set(key, known);
    return known;
  };
  const send = (path: Path, seconds: string, key: string): void => {
    last = toNs(seconds);
    path.sent.push({ seq: path.sent.length, key, sentNs: last, rttNs: -1, reply: 'none', ttl: 0, icmpType: 0 });
  };
  const answer = (path: Path, seconds: string, key: string, about: Partial<Sent>): void => {
    last = toNs(seconds);
    const probe = key === '' ? oldestOpen(path, last, options.waitNs) : byKey(path, key);
    if (probe === undefined) path.duplicates += 1;
    else Object.assign(probe, { rttNs: Math.max(0, last - probe.sentNs) }, about);
  };
  let stray = 0;
  for (const [i, line] of lines.entries()) {
    let match = ICMP.exec(line);
    if (match !== null) {
      const [, way, seconds = '', from = '', to = '', , id, seq, ttl] = match;
      const key = `${id}/${seq}`;
      if (way === 'SENT') send(pathOf('icmp', to, null), seconds, key);
      else answer(pathOf('icmp', from, null), seconds, key, { reply: 'echo', ttl: Number(ttl ?? 0) });
      continue;
    }
    match = UNREACHABLE.exec(line);
    if (match !== null) {
      const [, seconds = '', from = '', , type] = match;
      const asked = [...paths.values()].find(({ target, protocol }) => target === from && protocol !== 'icmp');
      if (asked === undefined) stray += 1;
      else answer(asked, seconds, '', { reply: 'unreachable', icmpType: asked.protocol === 'udp' ? 0 : Number(type) });
      continue;
    }
    match = TCP.exec(line);
    if (match !== null) {
      const [, way, seconds = '', from = '', fromPort, to = '', toPort, flags = '', ttl] = match;
      if (way === 'SENT') send(pathOf(flags === 'A' ? 'ack' : 'syn', to, Number(toPort)), seconds, '');
      else {
        const protocol = paths.has(`ack ${from} ${Number(fromPort)}`) ? 'ack' : 'syn';
        const reply = flags.includes('R') ? 'rst' : 'syn-ack';
        answer(pathOf(protocol, from, Number(fromPort)), seconds, '', { reply, ttl: Number(ttl ?? 0) });
      }
      continue;
    }
    match = UDP.exec(line);
    if (match !== null) {
      const [, way, seconds = '', from = '', fromPort, to = '', toPort] = match;
      if (way === 'SENT') send(pathOf('udp', to, Number(toPort)), seconds, '');
      else answer(pathOf('udp', from, Number(fromPort)), seconds, '', { reply: 'udp' });
      continue;
    }
    match = CONNECT.exec(line);
    if (match !== null) {
      send(pathOf('syn', match[2] ?? '', Number(match[3])), match[1] ?? '', '');
      continue;
    }
    match = CONNECTED.exec(line);
    if (match !== null) {
      const reply = match[2]?.startsWith('Handshake') ? 'syn-ack' : 'rst';
      answer(pathOf('syn', match[3] ?? '', Number(match[4])), match[1] ?? '', '', { reply });
      continue;
    }
    if (!PASSED_OVER.test(line)) strange.add(i + 1);
  }
  const useful = [...paths.values()].filter(({ sent }) => sent.length > 0);
  if (useful.length === 0) {
    throw new CodedError('E_NOT_NPING', 'no line is one of nping', 'give what nping printed, without -q', 2);
  }
  return useful.map((path) =>
    seriesOf(path, last, options, [...strange.notes, ...strayNotes(stray), ...lateNotes(lines)]),
  );
}

function seriesOf(path: Path, endNs: number, options: TextOptions, notes: readonly string[]): TextSeries {
  const { sent, protocol, target, port } = path;
  const firstNs = sent[0]?.sentNs ?? 0;
  const intervalNs = options.intervalNs ?? intervalFromStamps(sent) ?? SECOND;
  const settled = sent.filter(({ rttNs, sentNs }) => rttNs >= 0 || sentNs + options.waitNs <= endNs);
  const probes = settled.map(({ seq, sentNs, rttNs, reply, ttl, icmpType }): PrintedProbe => {
    const outcome = rttNs < 0 ? 'lost' : icmpType > 0 ? 'error' : 'reply';
    return { seq, sentNs: sentNs - firstNs, outcome, rttNs: outcome === 'reply' ? rttNs : -1, reply, ttl, icmpType };
  });
  return {
    target,
    port,
    protocol,
    intervalNs,
    epochNs: 0n,
    samples: toSamples(probes, options.waitNs),
    censored: false,
    // All from one port, although with one sequence number.
    freshPorts: false,
    duplicates: path.duplicates,
    inFlight: sent.length - settled.length,
    durationNs: (sent.at(-1)?.sentNs ?? firstNs) - firstNs,
    notes: [
      ...notes,
      "nping's own RTT statistics are wrong with more than one probe under way (it times each reply against the probe sent last): its lines were paired anew",
      'nping reads only one or two replies for each probe it sends: after a stall it lags behind, and what was released at one instant reads as a slow drain',
      'nping stamps in user space and prints 0.1 ms: a pause of nping itself looks like a delay',
      ...(protocol === 'icmp'
        ? []
        : [
            'nping prints nothing by which to tell its TCP and UDP probes apart: they are paired in their order, and one that is lost makes the next ones look slower',
          ]),
    ],
  };
}

/** nping gives some echoes the number of the one before: the latest that is not answered counts. */
function byKey(path: Path, key: string): Sent | undefined {
  for (let i = path.sent.length - 1; i >= path.open; i -= 1) {
    const probe = path.sent[i];
    if (probe?.key !== key || probe.rttNs >= 0) continue;
    while ((path.sent[path.open]?.rttNs ?? -1) >= 0) path.open += 1;
    return probe;
  }
  return undefined;
}

/** What was sent longer than the wait before was lost: its answer would be taken from a later one. */
function oldestOpen(path: Path, nowNs: number, waitNs: number): Sent | undefined {
  for (; path.open < path.sent.length; path.open += 1) {
    const probe = path.sent[path.open];
    if (probe !== undefined && probe.rttNs < 0 && probe.sentNs + waitNs >= nowNs) {
      path.open += 1;
      return probe;
    }
  }
  return undefined;
}

function strayNotes(stray: number): string[] {
  return stray === 0 ? [] : [`${stray} ICMP errors are about no probe of the text`];
}

/** What nmap's issues 1795 and 1912 report of its packet capture on Linux. */
function lateNotes(lines: readonly string[]): string[] {
  const version = lines.map((line) => /^Starting Nping 0\.7\.?(\d+)/.exec(line)?.[1]).find((one) => one !== undefined);
  const words = 'nping 0.7.60 to 0.7.80 on Linux takes replies up to 200 ms late, which looks like a delay';
  if (version === undefined) return [`${words}; this text does not say its version`];
  return Number(version) >= 60 && Number(version) <= 80 ? [`${words}, and this is 0.7.${version}`] : [];
}

function toNs(seconds: string): number {
  return Math.round(Number(seconds) * SECOND);
}
