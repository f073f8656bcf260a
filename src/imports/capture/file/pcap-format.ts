import {
  type CaptureFormat,
  DamagedCapture,
  MOST_PACKET_BYTES,
  type PacketSink,
  type PassedOver,
  SECOND_NS,
} from './capture-file.js';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** Written by a patched libpcap of 1999; its record headers are 8 bytes longer. */
const KUZNETZOV = 0xa1b2cd34;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
/** Records in a row that must look like records before one is taken for the next whole one. */
const PLAUSIBLE_IN_A_ROW = 3;
/**
 * Records further apart, or with a fraction of a second and more, are odd: a clock that was set does that, a damaged
 * length too. They are believed where what stands behind them has the form of records.
 */
const ODD_SECONDS_APART = 400 * 86_400;

/** The magic numbers of pcap, as the first four bytes say them on a machine of either byte order. */
export function isPcap(magic: number): boolean {
  return [MICROSECONDS, NANOSECONDS, KUZNETZOV].some((known) => magic === known || magic === swapped(known));
}

/** pcap: micro- or nanoseconds, either byte order. https://www.ietf.org/archive/id/draft-gharris-opsawg-pcap-01.html */
export class PcapFormat implements CaptureFormat {
  #linkType = -1;
  #little = true;
  #nsPerTick = 1;
  #ticksPerSecond = SECOND_NS;
  #recordBytes = RECORD_BYTES;
  #epochSeconds = -1;
  #lastSeconds = -1;
  /** Where the damage began behind which the next whole record is searched; -1 outside of damage. */
  #damagedFrom = -1;

  constructor(
    private readonly sink: PacketSink,
    private readonly passedOver: PassedOver,
  ) {}

  read(bytes: Uint8Array, end: number, fileAt: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    let at = 0;
    if (this.#linkType < 0) {
      if (end < HEADER_BYTES) return 0;
      this.#readHeader(view, fileAt);
      at = HEADER_BYTES;
    }
    if (this.#damagedFrom >= 0) {
      const found = this.#search(view, at, end);
      if (found < 0) return keptFrom(at, end);
      this.#passOver(fileAt + found);
      at = found;
    }
    const little = this.#little;
    const recordBytes = this.#recordBytes;
    while (at + recordBytes <= end) {
      const seconds = view.getUint32(at, little);
      const ticks = view.getUint32(at + 4, little);
      const length = view.getUint32(at + 8, little);
      const apart = this.#epochSeconds < 0 ? 0 : Math.abs(seconds - this.#lastSeconds);
      const isOdd = ticks >= this.#ticksPerSecond || apart > ODD_SECONDS_APART;
      if (length > MOST_PACKET_BYTES || (isOdd && !this.#isFollowed(view, at, end))) {
        at = this.#damaged(view, at, end, fileAt);
        if (this.#damagedFrom >= 0) return at;
        continue;
      }
      const from = at + recordBytes;
      const to = from + length;
      if (to > end) break;
      if (this.#epochSeconds < 0) {
        this.#epochSeconds = seconds;
        this.sink.epoch(seconds);
      }
      this.#lastSeconds = seconds;
      const timeNs = (seconds - this.#epochSeconds) * SECOND_NS + ticks * this.#nsPerTick;
      this.sink.packet(bytes, from, to, timeNs, this.#linkType);
      at = to;
    }
    return at;
  }

  #readHeader(view: DataView, fileAt: number): void {
    const magic = view.getUint32(0, true);
    this.#little = [MICROSECONDS, NANOSECONDS, KUZNETZOV].includes(magic);
    const written = this.#little ? magic : swapped(magic);
    if (written === NANOSECONDS) {
      this.#nsPerTick = 1;
    } else {
      this.#nsPerTick = 1_000;
      this.#ticksPerSecond = 1_000_000;
    }
    if (written === KUZNETZOV) this.#recordBytes += 8;
    if (view.getUint16(4, this.#little) !== 2) throw new DamagedCapture(fileAt + 4, 'no version of pcap that is known');
    // The upper bits tell about a frame check sequence, which is not looked at.
    this.#linkType = view.getUint32(20, this.#little) & 0x0fff_ffff;
  }

  finish(fileAt: number): boolean {
    const isDamaged = this.#damagedFrom >= 0;
    if (isDamaged) this.#passOver(fileAt);
    return isDamaged;
  }

  /** Whether records follow, as far as these bytes go, by their lengths alone. */
  #isFollowed(view: DataView, from: number, end: number): boolean {
    let at = from;
    for (let record = 0; record < PLAUSIBLE_IN_A_ROW; record += 1) {
      if (at + this.#recordBytes > end) return true;
      const length = view.getUint32(at + 8, this.#little);
      const wire = view.getUint32(at + 12, this.#little);
      if (length > wire || wire > MOST_PACKET_BYTES || length === 0) return false;
      at += this.#recordBytes + length;
    }
    return true;
  }

  #damaged(view: DataView, at: number, end: number, fileAt: number): number {
    this.#damagedFrom = fileAt + at;
    const found = this.#search(view, at + 1, end);
    if (found < 0) return keptFrom(at + 1, end);
    this.#passOver(fileAt + found);
    return found;
  }

  #passOver(until: number): void {
    this.passedOver(this.#damagedFrom, until - this.#damagedFrom);
    this.#damagedFrom = -1;
  }

  /** The next place from which several records in a row make sense; -1 when these bytes have none. */
  #search(view: DataView, from: number, end: number): number {
    for (let at = from; at + this.#recordBytes <= end; at += 1) {
      if (this.#isPlausible(view, at, end, PLAUSIBLE_IN_A_ROW)) return at;
    }
    return -1;
  }

  #isPlausible(view: DataView, from: number, end: number, inARow: number): boolean {
    let at = from;
    let previous = this.#epochSeconds;
    for (let record = 0; record < inARow; record += 1) {
      if (at === end && record > 0) return true;
      if (at + this.#recordBytes > end) return false;
      const seconds = view.getUint32(at, this.#little);
      const ticks = view.getUint32(at + 4, this.#little);
      const length = view.getUint32(at + 8, this.#little);
      const wire = view.getUint32(at + 12, this.#little);
      const near = previous < 0 || (seconds >= previous - 1 && seconds - previous < ODD_SECONDS_APART);
      const whole = length > 0 && length <= wire && wire <= MOST_PACKET_BYTES && ticks < this.#ticksPerSecond;
      if (!near || !whole) return false;
      previous = seconds;
      at += this.#recordBytes + length;
    }
    return true;
  }
}

/** What may be the beginning of a whole record is looked at again with more behind it. */
function keptFrom(at: number, end: number): number {
  return Math.max(at, end - PLAUSIBLE_IN_A_ROW * (RECORD_BYTES + 128));
}

function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
