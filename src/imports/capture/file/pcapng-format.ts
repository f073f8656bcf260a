import {
  type CaptureFormat,
  DamagedCapture,
  MOST_PACKET_BYTES,
  type PacketSink,
  type PassedOver,
  SECOND_NS,
} from './capture-file.js';

const SECTION = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const STATISTICS = 5;
const ENHANCED_PACKET = 6;

const OPTION_END = 0;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;

const SMALLEST_BLOCK = 12;
/** Blocks of other kinds may be longer than packets. */
const MOST_BLOCK_BYTES = 16 << 20;
const MOST_INTERFACES = 65_536;
const TWO_32 = 0x1_0000_0000;

interface CapturedInterface {
  readonly linkType: number;
  readonly snapshotBytes: number;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
  readonly nsPerTick: number;
  /** Ticks at the epoch, in two words: a 64-bit count of nanoseconds does not fit a number. */
  baseHigh: number;
  baseLow: number;
  dropped: number;
}

export function isPcapng(magic: number): boolean {
  return magic === SECTION;
}

/**
 * pcapng: several sections and interfaces, any resolution of time, either byte order.
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
 */
export class PcapngFormat implements CaptureFormat {
  #little = true;
  #inSection = false;
  #interfaces: CapturedInterface[] = [];
  #epochSeconds: number | undefined;
  #lastNs = 0;

  /** Where the damage began behind which the next whole block is searched; -1 outside of damage. */
  #damagedFrom = -1;
  #fileAt = 0;

  constructor(
    private readonly sink: PacketSink,
    private readonly passedOver: PassedOver,
  ) {}

  read(bytes: Uint8Array, end: number, fileAt: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    this.#fileAt = fileAt;
    let at = 0;
    while (at + SMALLEST_BLOCK <= end) {
      if (this.#damagedFrom >= 0) {
        at = this.#search(view, at, end);
        if (at + SMALLEST_BLOCK > end) break;
        this.#passOver(fileAt + at);
      }
      const type = view.getUint32(at, this.#little);
      if (type === SECTION && !this.#beginSection(view, at)) {
        this.#damage(fileAt + at);
        continue;
      }
      if (type !== SECTION && !this.#inSection) throw new DamagedCapture(fileAt + at, 'no section header');
      const length = view.getUint32(at + 4, this.#little);
      if (length < SMALLEST_BLOCK || length % 4 !== 0 || length > MOST_BLOCK_BYTES) {
        this.#damage(fileAt + at);
        continue;
      }
      if (at + length > end) break;
      if (view.getUint32(at + length - 4, this.#little) !== length) {
        this.#damage(fileAt + at);
        continue;
      }
      const why = this.#readBlock(view, bytes, type, at, at + length - 4);
      if (why !== undefined) this.passedOver(fileAt + at, length, `${why}; the block was passed over`);
      at += length;
    }
    return at;
  }

  finish(fileAt: number): boolean {
    const isDamaged = this.#damagedFrom >= 0;
    if (isDamaged) this.#passOver(fileAt);
    return isDamaged;
  }

  #damage(atByte: number): void {
    this.#damagedFrom = atByte;
  }

  #passOver(until: number): void {
    this.passedOver(this.#damagedFrom, until - this.#damagedFrom);
    this.#damagedFrom = -1;
  }

  /** The next place that looks like a whole block, its length at both ends; blocks stand at multiples of four. */
  #search(view: DataView, from: number, end: number): number {
    let at = from + (this.#fileAt + from === this.#damagedFrom ? 4 : 0);
    for (; at + SMALLEST_BLOCK <= end; at += 4) {
      const type = view.getUint32(at, this.#little);
      if (type !== SECTION && (type === 0 || type > ENHANCED_PACKET)) continue;
      const length = view.getUint32(at + 4, this.#little);
      if (length < SMALLEST_BLOCK || length % 4 !== 0 || length > MOST_PACKET_BYTES) continue;
      // What is cut off at the end of these bytes is looked at again with more behind it, unless it is long.
      if (at + length > end) return at;
      if (view.getUint32(at + length - 4, this.#little) === length) return at;
    }
    return at;
  }

  /** @returns whether it is one: its magic says the byte order */
  #beginSection(view: DataView, at: number): boolean {
    const little = view.getUint32(at + 8, true) === BYTE_ORDER;
    if (!little && view.getUint32(at + 8, false) !== BYTE_ORDER) return false;
    this.#little = little;
    this.#inSection = true;
    this.#interfaces = [];
    return true;
  }

  /** @returns why it could not be read; the blocks behind it are sound */
  #readBlock(view: DataView, bytes: Uint8Array, type: number, at: number, end: number): string | undefined {
    const body = at + 8;
    switch (type) {
      case ENHANCED_PACKET:
      case OLD_PACKET: {
        if (body + 20 > end) return 'a packet block without its header';
        const which = type === OLD_PACKET ? view.getUint16(body, this.#little) : view.getUint32(body, this.#little);
        const length = view.getUint32(body + 12, this.#little);
        const from = body + 20;
        if (length > MOST_PACKET_BYTES || from + length > end) {
          return `a packet of ${length} bytes in a block of ${end + 4 - at}`;
        }
        const described = this.#interfaces[which];
        if (described === undefined) return `a packet of interface ${which}, which is not described`;
        const high = view.getUint32(body + 4, this.#little);
        const low = view.getUint32(body + 8, this.#little);
        this.#lastNs = this.#timeNs(described, high, low);
        this.sink.packet(bytes, from, from + length, this.#lastNs, described.linkType);
        return undefined;
      }
      case SIMPLE_PACKET: {
        // It has no time, so it can pair nothing; it is handed over for the count alone.
        const described = this.#interfaces[0];
        if (described === undefined || body + 4 > end) return undefined;
        this.sink.packet(bytes, body + 4, body + 4, this.#lastNs, described.linkType);
        return undefined;
      }
      case INTERFACE:
        if (body + 8 > end) return 'an interface block without its header';
        if (this.#interfaces.length >= MOST_INTERFACES) return 'too many interfaces';
        this.#interfaces.push(this.#readInterface(view, body, end));
        return undefined;
      case STATISTICS:
        this.#readStatistics(view, body, end);
        return undefined;
      default:
        return undefined;
    }
  }

  #timeNs(described: CapturedInterface, high: number, low: number): number {
    if (this.#epochSeconds === undefined) {
      const ticks = (BigInt(high) << 32n) | BigInt(low);
      this.#epochSeconds = Number(ticks / described.ticksPerSecond + described.offsetSeconds);
      this.sink.epoch(this.#epochSeconds);
      for (const one of this.#interfaces) this.#setBase(one);
    }
    const ticks = (high - described.baseHigh) * TWO_32 + (low - described.baseLow);
    return described.nsPerTick === 1 ? ticks : Math.round(ticks * described.nsPerTick);
  }

  #readInterface(view: DataView, body: number, end: number): CapturedInterface {
    let ticksPerSecond = 1_000_000n;
    let offsetSeconds = 0n;
    for (const [code, at, length] of this.#options(view, body + 8, end)) {
      if (code === IF_TSRESOL && length >= 1) {
        const resolution = view.getUint8(at);
        const power = BigInt(resolution & 0x7f);
        const finest =
          (resolution & 0x80) !== 0 ? 2n ** (power > 40n ? 40n : power) : 10n ** (power > 12n ? 12n : power);
        ticksPerSecond = finest;
      } else if (code === IF_TSOFFSET && length >= 8) {
        offsetSeconds = view.getBigInt64(at, this.#little);
      }
    }
    const described = {
      linkType: view.getUint16(body, this.#little),
      snapshotBytes: view.getUint32(body + 4, this.#little),
      ticksPerSecond,
      offsetSeconds,
      nsPerTick: SECOND_NS / Number(ticksPerSecond),
      baseHigh: 0,
      baseLow: 0,
      dropped: 0,
    };
    if (this.#epochSeconds !== undefined) this.#setBase(described);
    return described;
  }

  #setBase(described: CapturedInterface): void {
    const ticks = (BigInt(this.#epochSeconds ?? 0) - described.offsetSeconds) * described.ticksPerSecond;
    described.baseHigh = Number(ticks >> 32n);
    described.baseLow = Number(ticks & 0xffff_ffffn);
  }

  /** Counts grow within a section, and come several times in some. */
  #readStatistics(view: DataView, body: number, end: number): void {
    if (body + 12 > end) return;
    const described = this.#interfaces[view.getUint32(body, this.#little)];
    if (described === undefined) return;
    for (const [code, at, length] of this.#options(view, body + 12, end)) {
      if (code !== ISB_IFDROP || length < 8) continue;
      const dropped = Number(view.getBigUint64(at, this.#little));
      if (dropped > described.dropped) this.sink.dropped(dropped - described.dropped);
      described.dropped = Math.max(described.dropped, dropped);
    }
  }

  *#options(view: DataView, from: number, end: number): Generator<[code: number, at: number, length: number]> {
    for (let at = from; at + 4 <= end; ) {
      const code = view.getUint16(at, this.#little);
      const length = view.getUint16(at + 2, this.#little);
      if (code === OPTION_END || at + 4 + length > end) return;
      yield [code, at + 4, length];
      at += 4 + Math.ceil(length / 4) * 4;
    }
  }
}
