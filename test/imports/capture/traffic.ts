import { MS, SECOND, US } from '../../../src/model/time.js';

/** Echoes or SYNs between two machines, as a capture on one of them holds them. */
export interface TrafficOptions {
  readonly protocol: 'icmp' | 'syn';
  readonly probes: number;
  /** Each from a client of its own, in turn. */
  readonly paths?: number;
  /** From one probe to the next, whatever its path. */
  readonly intervalNs?: number;
  /** Source ports visited in turn; 0 for a new one each time. */
  readonly flows?: number;
  readonly rttNs?: number;
  /** Nothing is answered from the first to the second instant, then all at once. */
  readonly stalls?: readonly (readonly [fromNs: number, toNs: number])[];
  readonly isLost?: (seq: number) => boolean;
}

export interface TrafficPacket {
  readonly timeNs: number;
  readonly kind: 'request' | 'reply';
  readonly seq: number;
  readonly path: number;
  readonly port: number;
}

const DEFAULTS = { paths: 1, intervalNs: 10 * MS, flows: 16, rttNs: 200 * US };

/** Packets in the order of time. Memory depends on what is under way alone. */
export function* traffic(options: TrafficOptions): Generator<TrafficPacket> {
  const { probes, paths, intervalNs, flows, rttNs, stalls = [], isLost } = { ...DEFAULTS, ...options };
  const waiting: TrafficPacket[] = [];
  let stall = 0;
  for (let seq = 0; seq < probes; seq += 1) {
    const timeNs = seq * intervalNs;
    while ((waiting[0]?.timeNs ?? Number.POSITIVE_INFINITY) <= timeNs) yield waiting.shift() as TrafficPacket;
    const round = Math.floor(seq / paths);
    const port = options.protocol === 'icmp' ? 0 : 20_000 + (flows === 0 ? round % 40_000 : round % flows);
    const about = { seq: round, path: seq % paths, port };
    yield { ...about, timeNs, kind: 'request' };
    if (isLost?.(seq)) continue;
    while (stall < stalls.length && (stalls[stall]?.[1] ?? 0) <= timeNs) stall += 1;
    const [fromNs, toNs] = stalls[stall] ?? [Number.POSITIVE_INFINITY, 0];
    // A microsecond apart, as a queue hands them over.
    const answeredNs = timeNs >= fromNs ? toNs + rttNs : timeNs + rttNs;
    waiting.push({ ...about, timeNs: answeredNs, kind: 'reply' });
  }
  yield* waiting;
}

/** A stall of 140 ms every second. */
export function stallEverySecond(seconds: number): [number, number][] {
  return Array.from({ length: seconds }, (_, second) => [second * SECOND + 500 * MS, second * SECOND + 640 * MS]);
}

const SERVER = [10, 0, 0, 7];
const client = (path: number): number[] => [10, 1, path >> 8, path & 255];
const EPOCH_SECONDS = 1_795_310_000;
const PORT = 443;

/** Bytes of one packet with Ethernet in front, checksums left out. */
export function packetBytes(options: Pick<TrafficOptions, 'protocol'>, packet: TrafficPacket): Uint8Array {
  const isRequest = packet.kind === 'request';
  const [source, destination] = isRequest ? [client(packet.path), SERVER] : [SERVER, client(packet.path)];
  const body = options.protocol === 'icmp' ? echoBytes(packet, isRequest) : tcpBytes(packet, isRequest);
  return Uint8Array.from([
    ...[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0],
    ...[
      0x45,
      0,
      ...two(20 + body.length),
      ...two(packet.seq),
      0x40,
      0,
      isRequest ? 64 : 61,
      options.protocol === 'icmp' ? 1 : 6,
      0,
      0,
    ],
    ...source,
    ...destination,
    ...body,
  ]);
}

function echoBytes({ seq }: TrafficPacket, isRequest: boolean): number[] {
  return [isRequest ? 8 : 0, 0, 0, 0, ...two(4_242 + (seq >> 16)), ...two(seq), ...new Array<number>(56).fill(0)];
}

function tcpBytes({ seq, port }: TrafficPacket, isRequest: boolean): number[] {
  const number = Math.imul(seq + 1, 0x9e37_79b1) >>> 0;
  const ports = isRequest ? [...two(port), ...two(PORT)] : [...two(PORT), ...two(port)];
  const numbers = isRequest ? [...four(number), 0, 0, 0, 0] : [...four(0x5eed), ...four((number + 1) >>> 0)];
  return [...ports, ...numbers, 0x50, isRequest ? 0x02 : 0x12, 0xff, 0xff, 0, 0, 0, 0];
}

const two = (value: number): number[] => [(value >> 8) & 255, value & 255];
const four = (value: number): number[] => [...two(value >>> 16), ...two(value)];

/** A pcap file of some traffic, in pieces of about a megabyte. */
export function* pcapPieces(options: TrafficOptions & { readonly payload?: number }): Generator<Uint8Array> {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2_3c4d, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, 262_144, true);
  header.setUint32(20, 1, true);
  yield new Uint8Array(header.buffer);
  const { payload = 0 } = options;
  const piece = Buffer.alloc(1 << 20);
  let filled = 0;
  for (const packet of traffic(options)) {
    const bytes = packetBytes(options, packet);
    const length = bytes.length + payload;
    if (filled + 16 + length > piece.length) {
      yield Uint8Array.from(piece.subarray(0, filled));
      filled = 0;
    }
    const timeNs = Math.round(packet.timeNs);
    piece.writeUInt32LE(EPOCH_SECONDS + Math.floor(timeNs / SECOND), filled);
    piece.writeUInt32LE(timeNs % SECOND, filled + 4);
    piece.writeUInt32LE(length, filled + 8);
    piece.writeUInt32LE(length, filled + 12);
    piece.set(bytes, filled + 16);
    piece.fill(0, filled + 16 + bytes.length, filled + 16 + length);
    filled += 16 + length;
  }
  yield Uint8Array.from(piece.subarray(0, filled));
}

export function pcapFile(options: TrafficOptions): Buffer {
  return Buffer.concat([...pcapPieces(options)]);
}
