/** A packet as a line of tcpdump or tshark tells it. */
export interface PrintedPacket {
  readonly source: string;
  readonly destination: string;
  /** null for an echo. */
  readonly ports: readonly [string, string] | null;
  readonly kind: 'syn' | 'syn-ack' | 'rst-ack' | 'echo-request' | 'echo-reply';
  /** Sequence number of TCP; of an echo identifier and number in one. null where it counts from the connection's own. */
  readonly number: number | null;
  readonly acknowledged: number | null;
  /** Bytes that a SYN carries. */
  readonly dataBytes: number;
  readonly stamps: readonly [value: number, echo: number] | null;
  readonly ttl: number;
  /** Sent again, by the word of who printed it. */
  readonly again: boolean;
}

/** `192.0.2.99.13758 > 192.0.2.7.80: rest`; the last of a line, as what comes before it may be a tunnel. */
const TCPDUMP =
  /(?:^|[\s(])([\w.:%[\]-]+) > ([\w.:%[\]-]+): (?=(Flags \[|ICMP6?,? echo |ICMP echo |icmp6?:? ?(?:\d+: )?(?:icmp\d: )?echo |S \d+:\d+\(|R \d+:\d+\())/g;
const FLAGS = /^Flags \[([^\]]*)\](?:, seq (\d+)(?::(\d+))?)?(?:.*?, ack (\d+))?/;
const OLD_FLAGS = /^([SR]) (\d+):(\d+)\((\d+)\)(?: ack (\d+))?/;
const STAMPS = /TS val (\d+) ecr (\d+)|timestamp (\d+) (\d+)/;
const ECHO = /echo (request|reply),?(?: id (\w+),)? ?seq (\d+)/;
/** `192.0.2.99 → 192.0.2.7    TCP 74 13758 → 80 [SYN] Seq=0 Win=…` */
const TSHARK = /(?:^|\s)(\S+) (?:→|->|\u2192|â†’) (\S+) +(TCP|ICMPv?6?) +(?:\d+ +)?(.*)$/;
const TSHARK_TCP =
  /(?:\[([^\]]*)\] )*(\S+) (?:→|->|>|â†’) (\S+) \[([A-Z, ]+)\] Seq=(\d+)(?: Ack=(\d+))?.*?(?: Len=(\d+))?(?:.*? TSval=(\d+) TSecr=(\d+))?/;
const TSHARK_ECHO = /Echo \(ping\) (request|reply) +id=0x([\da-f]+), seq=(\d+)/;

/** The packet that a line shows, if it is a SYN, its answer, or an echo; null for any other line. */
export function readPacket(line: string): PrintedPacket | null {
  const tshark = / (?:→|->|â†’) /.test(line) ? TSHARK.exec(line) : null;
  if (tshark !== null) return readTshark(tshark);
  if (!line.includes(' > ')) return null;
  const found = [...line.matchAll(TCPDUMP)].at(-1);
  if (found === undefined) return null;
  const rest = line.slice(found.index + found[0].length);
  const [source = '', destination = ''] = [found[1], found[2]];
  const echo = ECHO.exec(rest);
  if (echo !== null) {
    const number = ((Number(echo[2] ?? 0) & 0xffff) << 16) | (Number(echo[3]) & 0xffff);
    const kind = echo[1] === 'request' ? 'echo-request' : 'echo-reply';
    return {
      source,
      destination,
      ports: null,
      kind,
      number,
      acknowledged: null,
      dataBytes: 0,
      stamps: null,
      ttl: ttlOf(line),
      again: false,
    };
  }
  const flags = FLAGS.exec(rest);
  const old = flags === null ? OLD_FLAGS.exec(rest) : null;
  if (flags === null && old === null) return null;
  const [from, to] = [splitPort(source), splitPort(destination)];
  if (from === null || to === null) return null;
  const letters = flags?.[1] ?? `${old?.[1] ?? ''}${old?.[5] === undefined ? '' : '.'}`;
  const kind = kindOf(letters);
  if (kind === null) return null;
  const first = Number(flags?.[2] ?? old?.[2] ?? 0);
  const last = Number(flags?.[3] ?? old?.[3] ?? first);
  const ack = flags?.[4] ?? old?.[5];
  const stamps = STAMPS.exec(rest);
  return {
    source: from[0],
    destination: to[0],
    ports: [from[1], to[1]],
    kind,
    number: first,
    acknowledged: ack === undefined ? null : Number(ack),
    dataBytes: Math.max(0, last - first),
    stamps: stamps === null ? null : [Number(stamps[1] ?? stamps[3]), Number(stamps[2] ?? stamps[4])],
    ttl: ttlOf(line),
    again: false,
  };
}

/** Whether a line shows a packet, or begins one that goes on in the next. */
export function isPacketLine(line: string): boolean {
  return readPacket(line) !== null;
}

/** ECN bits aside: SYN, SYN with ACK, RST with ACK. */
function kindOf(letters: string): 'syn' | 'syn-ack' | 'rst-ack' | null {
  const bare = letters.replace(/[EWUe]/g, '');
  if (bare === 'S') return 'syn';
  if (bare === 'S.' || bare === '.S') return 'syn-ack';
  return bare === 'R.' || bare === '.R' ? 'rst-ack' : null;
}

/** `host.port`; of an IPv6 address the port stands behind its only dot, or behind brackets. */
function splitPort(text: string): [string, string] | null {
  const at = text.lastIndexOf('.');
  if (at <= 0 || at === text.length - 1) return null;
  return [text.slice(0, at).replace(/^\[|\]$/g, ''), text.slice(at + 1)];
}

function ttlOf(line: string): number {
  return Number(/\b(?:ttl|hlim) (\d+)/.exec(line)?.[1] ?? 64);
}

function readTshark([
  ,
  source = '',
  destination = '',
  protocol = '',
  rest = '',
]: RegExpExecArray): PrintedPacket | null {
  if (protocol !== 'TCP') {
    const echo = TSHARK_ECHO.exec(rest);
    if (echo === null) return null;
    const number = (Number.parseInt(echo[2] ?? '0', 16) << 16) | (Number(echo[3]) & 0xffff);
    const kind = echo[1] === 'request' ? 'echo-request' : 'echo-reply';
    const ttl = Number(/(?:ttl|hop limit)=(\d+)/.exec(rest)?.[1] ?? 64);
    return {
      source,
      destination,
      ports: null,
      kind,
      number,
      acknowledged: null,
      dataBytes: 0,
      stamps: null,
      ttl,
      again: false,
    };
  }
  const tcp = TSHARK_TCP.exec(rest);
  if (tcp === null) return null;
  const names = (tcp[4] ?? '').split(', ').filter((name) => !/^(?:ECE|CWR|ECN|AE|NS)$/.test(name));
  const flags = names.join(' ');
  const kind = flags === 'SYN' ? 'syn' : flags === 'SYN ACK' ? 'syn-ack' : flags === 'RST ACK' ? 'rst-ack' : null;
  if (kind === null) return null;
  const first = Number(tcp[5]);
  // Numbers count from the connection's own unless tshark was told otherwise.
  const isRelative = first === 0;
  const ack = tcp[6] === undefined ? null : Number(tcp[6]);
  return {
    source,
    destination,
    ports: [tcp[2] ?? '', tcp[3] ?? ''],
    kind,
    number: isRelative ? null : first,
    acknowledged: isRelative && kind !== 'rst-ack' ? null : ack,
    dataBytes: kind === 'syn' ? Number(tcp[7] ?? 0) : 0,
    stamps: tcp[8] === undefined ? null : [Number(tcp[8]), Number(tcp[9])],
    ttl: 64,
    again: /Retransmission|Dup|Out-Of-Order/i.test(rest.slice(0, rest.indexOf(tcp[2] ?? ''))),
  };
}
