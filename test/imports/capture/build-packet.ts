/** Packets for tests, layer by layer; checksums are left out, as nobody reads them. */

export const two = (value: number): number[] => [(value >> 8) & 255, value & 255];
export const four = (value: number): number[] => [...two(value >>> 16), ...two(value & 0xffff)];

export interface Ends {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export const CLIENT = [10, 0, 0, 1];
export const SERVER = [10, 0, 0, 7];
export const OUT: Ends = { from: CLIENT, to: SERVER };
export const BACK: Ends = { from: SERVER, to: CLIENT };

const isSix = ({ from }: Ends): boolean => from.length === 16;

export function ip(
  ends: Ends,
  protocol: number,
  body: readonly number[],
  about: { readonly ttl?: number; readonly id?: number; readonly fragment?: number } = {},
): number[] {
  const { ttl = 64, id = 0, fragment = 0 } = about;
  return isSix(ends)
    ? [0x60, 0, 0, 0, ...two(body.length), protocol, ttl, ...ends.from, ...ends.to, ...body]
    : [
        ...[0x45, 0, ...two(20 + body.length), ...two(id), ...two(fragment), ttl, protocol, 0, 0],
        ...ends.from,
        ...ends.to,
        ...body,
      ];
}

const FLAGS = { SYN: 0x02, 'SYN-ACK': 0x12, 'RST-ACK': 0x14, ACK: 0x10, FIN: 0x11 } as const;

export interface Segment {
  readonly flags: keyof typeof FLAGS;
  readonly ports: readonly [number, number];
  readonly seq?: number;
  readonly ack?: number;
  /** TCP time stamps option. */
  readonly stamps?: readonly [number, number];
}

export function tcp({ flags, ports, seq = 0, ack = 0, stamps }: Segment): number[] {
  const options = stamps === undefined ? [] : [1, 1, 8, 10, ...four(stamps[0]), ...four(stamps[1])];
  const words = 5 + options.length / 4;
  return [
    ...[...two(ports[0]), ...two(ports[1]), ...four(seq), ...four(ack)],
    ...[words << 4, FLAGS[flags], 0xff, 0xff, 0, 0, 0, 0],
    ...options,
  ];
}

export const syn = (port: number, seq: number, stamp?: number): number[] =>
  ip(OUT, 6, tcp({ flags: 'SYN', ports: [port, 443], seq, ...(stamp === undefined ? {} : { stamps: [stamp, 0] }) }));

export const synAck = (port: number, answers: number, echo?: number): number[] =>
  ip(
    BACK,
    6,
    tcp({
      flags: 'SYN-ACK',
      ports: [443, port],
      seq: 77,
      ack: (answers + 1) >>> 0,
      ...(echo === undefined ? {} : { stamps: [9, echo] }),
    }),
  );

export const rst = (port: number, answers: number): number[] =>
  ip(BACK, 6, tcp({ flags: 'RST-ACK', ports: [443, port], ack: (answers + 1) >>> 0 }));

export const echo = (
  kind: 'request' | 'reply',
  id: number,
  seq: number,
  about: { ttl?: number; id?: number } = {},
): number[] =>
  ip(kind === 'request' ? OUT : BACK, 1, [kind === 'request' ? 8 : 0, 0, 0, 0, ...two(id), ...two(seq)], about);

/** A router's complaint about a packet of ours. */
export const complaint = (type: number, code: number, about: readonly number[]): number[] =>
  ip({ from: [10, 0, 0, 254], to: CLIENT }, 1, [type, code, 0, 0, 0, 0, 0, 0, ...about.slice(0, 28)]);

const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
export const ethernet = (body: readonly number[], type = 0x0800): number[] => [...MACS, ...two(type), ...body];
export const vlan = (body: readonly number[], type = 0x0800): number[] => [0, 5, ...two(type), ...body];
