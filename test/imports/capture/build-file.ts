/** Capture files for tests, in every form there is. */

export interface FilePacket {
  /** Nanoseconds since the file's epoch. */
  readonly timeNs: number;
  readonly bytes: readonly number[];
  /** pcapng: which interface. */
  readonly on?: number;
}

export const EPOCH_SECONDS = 1_795_310_000;
const SECOND_NS = 1_000_000_000;

export interface PcapForm {
  readonly little?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
}

export function pcap(packets: readonly FilePacket[], form: PcapForm = {}): Buffer {
  const { little = true, nanoseconds = true, linkType = 1 } = form;
  const words = (...values: readonly number[]): Buffer => {
    const buffer = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) {
      if (little) buffer.writeUInt32LE(value, i * 4);
      else buffer.writeUInt32BE(value, i * 4);
    }
    return buffer;
  };
  const version = little ? 0x0004_0002 : 0x0002_0004;
  const parts = [words(nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4, version, 0, 0, 262_144, linkType)];
  for (const { timeNs, bytes } of packets) {
    const ticks = (timeNs % SECOND_NS) / (nanoseconds ? 1 : 1_000);
    const seconds = EPOCH_SECONDS + Math.floor(timeNs / SECOND_NS);
    parts.push(words(seconds, Math.floor(ticks), bytes.length, bytes.length), Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

export interface NgInterface {
  readonly linkType: number;
  /** if_tsresol; default microseconds. */
  readonly resolution?: number;
  readonly offsetSeconds?: number;
}

export interface NgForm {
  readonly little?: boolean;
  readonly interfaces: readonly NgInterface[];
  readonly dropped?: number;
}

export function pcapng(packets: readonly FilePacket[], { little = true, interfaces, dropped }: NgForm): Buffer {
  const number = (value: number | bigint, bytes: 2 | 4 | 8): Buffer => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    const cut = buffer.subarray(0, bytes);
    return little ? cut : Buffer.from(cut).reverse();
  };
  const padded = (body: Buffer): Buffer => Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const block = (type: number, ...body: readonly Buffer[]): Buffer => {
    const inside = padded(Buffer.concat(body));
    const length = number(inside.length + 12, 4);
    return Buffer.concat([number(type, 4), length, inside, length]);
  };
  const option = (code: number, value: Buffer): Buffer =>
    Buffer.concat([number(code, 2), number(value.length, 2), padded(value)]);
  const described = interfaces.map(({ linkType, resolution, offsetSeconds }) =>
    block(
      1,
      ...[number(linkType, 2), number(0, 2), number(0, 4)],
      ...(resolution === undefined ? [] : [option(9, Buffer.from([resolution]))]),
      ...(offsetSeconds === undefined ? [] : [option(14, number(offsetSeconds, 8))]),
      number(0, 4),
    ),
  );
  const blocks = packets.map(({ timeNs, bytes, on = 0 }) => {
    const { resolution = 6, offsetSeconds = 0 } = interfaces[on] ?? { linkType: 1 };
    const perSecond = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
    const sinceEpoch = BigInt(EPOCH_SECONDS - offsetSeconds) * perSecond;
    const ticks = sinceEpoch + (BigInt(timeNs) * perSecond) / BigInt(SECOND_NS);
    return block(
      6,
      number(on, 4),
      number(ticks >> 32n, 4),
      number(ticks & 0xffff_ffffn, 4),
      number(bytes.length, 4),
      number(bytes.length, 4),
      padded(Buffer.from(bytes)),
    );
  });
  const statistics = dropped === undefined ? [] : [block(5, number(0, 4), number(0, 8), option(5, number(dropped, 8)))];
  const section = block(0x0a0d_0d0a, number(0x1a2b_3c4d, 4), number(1, 2), number(0, 2), number(-1, 8));
  // A block of a kind that nobody knows is passed over.
  const unknown = block(0x0bad, Buffer.from('something'));
  return Buffer.concat([section, ...described, unknown, ...blocks, ...statistics]);
}
