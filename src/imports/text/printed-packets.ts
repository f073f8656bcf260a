import { SECOND } from '../../model/time.js';
import type { PacketSink } from '../capture/file/capture-file.js';
import { acrossMidnight, type LineTime, timeBefore } from './line-time.js';
import { type PrintedPacket, readPacket } from './packet-line.js';

/** LINKTYPE_RAW: packets are handed over from the IP header on. */
const RAW = 101;
/** Of the block that nobody owns (240.0.0.0/4): stands for a host that is known by name alone. */
const FIRST_NAMED = 0xf000_0001;
const SERVICES: Readonly<Record<string, number>> = {
  'ftp-data': 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  kerberos: 88,
  pop3: 110,
  sunrpc: 111,
  ntp: 123,
  imap2: 143,
  imap: 143,
  bgp: 179,
  ldap: 389,
  https: 443,
  'microsoft-ds': 445,
  submission: 587,
  ldaps: 636,
  imaps: 993,
  pop3s: 995,
  'ms-sql-s': 1433,
  mysql: 3306,
  'ms-wbt-server': 3389,
  postgresql: 5432,
  amqp: 5672,
  redis: 6379,
  'http-alt': 8080,
  webcache: 8080,
  'https-alt': 8443,
};
/** Ports of services that are not in the list are told apart, and their names lost. */
const FIRST_UNKNOWN_PORT = 60_000;
const DELTA = /^\s*\+?(\d+\.\d+)\s/;
const TSHARK_LINE = /^\s*\d+\s+(-?\d+\.\d{3,9})\s/;

/** What a text of packets was like. */
export interface PrintedCapture {
  readonly packets: number;
  readonly lines: number;
  /** CLOCK_REALTIME is known. */
  readonly dated: boolean;
  /** No time stands in it: nothing can be measured. */
  readonly untimed: boolean;
}

/**
 * What tcpdump or tshark printed as packets: those that can be probes or answers are built anew from their lines, with
 * the fields that pairing looks at, so that a text is judged just as a capture is.
 */
export function readPrintedPackets(
  lines: readonly string[],
  sink: PacketSink,
  /** Filled with the names of hosts, by the addresses that stand for them. */
  names: Map<string, string>,
  /** Told before the first packet is handed over. */
  begun: (about: PrintedCapture) => void = () => {},
): PrintedCapture {
  const found = packetsOf(lines);
  const hosts = new Hosts(names);
  const { timesNs, dated } = instantsOf(found.map(({ time }) => time));
  const known = timesNs.filter((ns) => ns !== null);
  const firstNs = known.reduce<bigint>((least, ns) => (ns < least ? ns : least), known[0] ?? 0n);
  const epochSeconds = dated ? firstNs / BigInt(SECOND) : 0n;
  const fromNs = dated ? epochSeconds * BigInt(SECOND) : firstNs;
  if (known.length > 0) sink.epoch(Number(epochSeconds));
  const about = { packets: found.length, lines: lines.length, dated, untimed: known.length === 0 };
  begun(about);
  const connections = new Connections();
  for (const [i, { packet }] of found.entries()) {
    const ns = timesNs[i];
    if (ns === null || ns === undefined) continue;
    const bytes = build(packet, hosts, connections.numbersOf(packet));
    sink.packet(bytes, 0, bytes.length, Number(ns - fromNs), RAW);
  }
  return about;
}

interface TimedPacket {
  readonly packet: PrintedPacket;
  readonly time: LineTime | null;
}

/** A packet may be told on the line behind that of its time (-v), and in several layers. */
function packetsOf(lines: readonly string[]): TimedPacket[] {
  const found: TimedPacket[] = [];
  let last: LineTime | null = null;
  for (const line of lines) {
    if (line === '') continue;
    const at = line.search(/ (?:IP6?|ARP|eth\d|\S+ +(?:In|Out|B|M|P) )|(?:[\da-f]{2}:){5}/i);
    last = timeOf(at < 0 ? line.slice(0, 48) : line.slice(0, at + 1)) ?? last;
    const packet = readPacket(line);
    if (packet !== null) found.push({ packet, time: last });
  }
  return found;
}

function timeOf(prefix: string): LineTime | null {
  const relative = TSHARK_LINE.exec(prefix) ?? (/\d:\d\d/.test(prefix) ? null : DELTA.exec(prefix));
  if (relative !== null && !/^\s*1\d{9}\./.test(relative[0])) {
    const [whole = '0', fraction = ''] = (relative[1] ?? '').split('.');
    const ns = BigInt(whole) * BigInt(SECOND) + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
    return { ns, dated: false, resolutionNs: SECOND / 10 ** fraction.length };
  }
  return timeBefore(prefix);
}

/** Times of day as they are, or the sums of distances (-ttt), which begin with 0 and go back and forth. */
function instantsOf(times: readonly (LineTime | null)[]): {
  readonly timesNs: readonly (bigint | null)[];
  readonly dated: boolean;
} {
  const known = times.filter((time) => time !== null);
  const dated = known.length > 0 && known.every((time) => time.dated);
  const first = known[0]?.ns;
  const goesBack = known.some((time, i) => time.ns < (known[i - 1]?.ns ?? 0n));
  if (!dated && goesBack && first !== undefined && first < BigInt(SECOND)) {
    let sum = 0n;
    return {
      timesNs: times.map((time) => {
        if (time === null) return null;
        sum += time.ns;
        return sum;
      }),
      dated: false,
    };
  }
  return { timesNs: acrossMidnight(times), dated };
}

/** Numbers for connections whose own are told as 0. */
class Connections {
  readonly #numbers = new Map<string, { number: number; answered: boolean }>();

  numbersOf({ kind, source, destination, ports, number, acknowledged, again }: PrintedPacket): {
    readonly number: number;
    readonly acknowledged: number;
  } {
    if (ports === null || (number !== null && (kind === 'syn' || acknowledged !== null))) {
      return { number: number ?? 0, acknowledged: acknowledged ?? 0 };
    }
    const isSyn = kind === 'syn';
    const key = isSyn
      ? `${source} ${ports[0]} ${destination} ${ports[1]}`
      : `${destination} ${ports[1]} ${source} ${ports[0]}`;
    const known = this.#numbers.get(key) ?? { number: 1_000, answered: false };
    // A port that is used anew begins another connection.
    if (isSyn && known.answered && !again) {
      known.number += 100_000;
      known.answered = false;
    }
    if (!isSyn) known.answered = true;
    this.#numbers.set(key, known);
    return isSyn
      ? { number: known.number, acknowledged: 0 }
      : { number: number ?? 7, acknowledged: known.number + 1 + Math.max(0, (acknowledged ?? 1) - 1) };
  }
}

/** Addresses of hosts, those known by name alone included. */
class Hosts {
  readonly #addresses = new Map<string, readonly number[]>();
  readonly #ports = new Map<string, number>();

  constructor(private readonly names: Map<string, string>) {}

  address(text: string): readonly number[] {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const made = ipv4(text) ?? ipv6(text) ?? this.#named(text);
    this.#addresses.set(text, made);
    return made;
  }

  port(text: string): number {
    if (/^\d{1,5}$/.test(text)) return Number(text) & 0xffff;
    const service = SERVICES[text] ?? this.#ports.get(text);
    if (service !== undefined) return service;
    const made = FIRST_UNKNOWN_PORT + (this.#ports.size % 5_000);
    this.#ports.set(text, made);
    return made;
  }

  #named(text: string): readonly number[] {
    const address = FIRST_NAMED + this.names.size;
    const bytes = [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255];
    this.names.set(bytes.join('.'), text);
    return bytes;
  }
}

function ipv4(text: string): number[] | null {
  const parts = text.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256) ? parts : null;
}

function ipv6(text: string): number[] | null {
  const bare = text.replace(/%.*$/, '');
  if (!bare.includes(':') || !/^[\da-f:.]+$/i.test(bare)) return null;
  const [head = '', tail] = bare.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [before, behind] = [words(head), words(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - behind.length;
  const all = zeros < 0 ? [] : [...before, ...new Array<number>(zeros).fill(0), ...behind];
  if (all.length !== 8 || all.some((word) => !(word >= 0 && word <= 0xffff))) return null;
  return all.flatMap((word) => [word >> 8, word & 255]);
}

const two = (value: number): number[] => [(value >> 8) & 255, value & 255];
const four = (value: number): number[] => [...two(value >>> 16), ...two(value & 0xffff)];
const FLAGS = { syn: 0x02, 'syn-ack': 0x12, 'rst-ack': 0x14 } as const;
const ICMP = { 'echo-request': [8, 128], 'echo-reply': [0, 129] } as const;

function build(
  packet: PrintedPacket,
  hosts: Hosts,
  numbers: { readonly number: number; readonly acknowledged: number },
): Uint8Array {
  const source = hosts.address(packet.source);
  const destination = hosts.address(packet.destination);
  const six = source.length === 16 && destination.length === 16;
  const { body, protocol, payload } =
    six || source.length === destination.length ? bodyOf(packet, hosts, numbers, six) : NOTHING;
  const length = body.length + payload;
  const header = six
    ? [0x60, 0, 0, 0, ...two(length), protocol, packet.ttl, ...source, ...destination]
    : [
        0x45,
        0,
        ...two(20 + length),
        0,
        0,
        0,
        0,
        packet.ttl,
        protocol,
        0,
        0,
        ...source.slice(0, 4),
        ...destination.slice(0, 4),
      ];
  return Uint8Array.from([...header, ...body]);
}

const NOTHING = { body: [] as number[], protocol: 59, payload: 0 };

function bodyOf(
  { kind, ports, stamps, dataBytes }: PrintedPacket,
  hosts: Hosts,
  { number, acknowledged }: { readonly number: number; readonly acknowledged: number },
  six: boolean,
): { readonly body: number[]; readonly protocol: number; readonly payload: number } {
  if (kind === 'echo-request' || kind === 'echo-reply') {
    return { body: [ICMP[kind][six ? 1 : 0], 0, 0, 0, ...four(number)], protocol: six ? 58 : 1, payload: 0 };
  }
  const [from = '0', to = '0'] = ports ?? [];
  // A segment size stands in every SYN of a kernel; by it a prober is told from one.
  const options = [2, 4, 5, 0xb4, ...(stamps === null ? [] : [1, 1, 8, 10, ...four(stamps[0]), ...four(stamps[1])])];
  const words = 5 + options.length / 4;
  return {
    body: [
      ...[...two(hosts.port(from)), ...two(hosts.port(to)), ...four(number), ...four(acknowledged)],
      ...[words << 4, FLAGS[kind], 0xff, 0xff, 0, 0, 0, 0],
      ...options,
    ],
    protocol: 6,
    payload: kind === 'syn' ? dataBytes : 0,
  };
}
