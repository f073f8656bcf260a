import { CodedError } from '../../../model/errors.js';
import type { ByteSource } from '../../byte-source.js';
import { type CaptureFormat, type Damage, DamagedCapture, type PacketSink, type PassedOver } from './capture-file.js';
import { isPcap, PcapFormat } from './pcap-format.js';
import { isPcapng, PcapngFormat } from './pcapng-format.js';

/** Whole records are read from it, and it stays in the cache of a CPU; a block of pcapng may be 16 MiB. */
const FIRST_BUFFER_BYTES = 512 << 10;
const MAGIC_BYTES = 4;
/** Read at a time where nothing else has to keep step. */
export const PIECE_BYTES = 1 << 20;

/** How reading a capture ended. */
export interface CaptureEnd {
  readonly bytes: number;
  /** In the order of the file; what stands around them was read. */
  readonly damages: readonly Damage[];
  readonly cutOff: boolean;
}

/** Whether a file that begins so is a capture. */
export function isCapture(start: Uint8Array): boolean {
  if (start.length < MAGIC_BYTES) return false;
  const magic = new DataView(start.buffer, start.byteOffset, MAGIC_BYTES).getUint32(0, true);
  return isPcap(magic) || isPcapng(magic);
}

/**
 * Reads a capture from `source` into `sink`, in memory that does not depend on its length. Damage and a cut end are
 * told with their place; all that could be read has been handed over by then.
 *
 * @param start the first bytes, already taken from the source
 * @param between called after each piece of the file; its promise is waited for, and `false` ends the reading
 * @throws CodedError E_IMPORT_FORMAT when it is no capture
 */
export async function readCapture(
  source: ByteSource,
  start: Uint8Array,
  sink: PacketSink,
  between: () => Promise<boolean> | boolean,
  pieceBytes = PIECE_BYTES,
): Promise<CaptureEnd> {
  if (!isCapture(start)) {
    throw new CodedError(
      'E_IMPORT_FORMAT',
      `${source.name} is no capture: it begins with ${Buffer.from(start.subarray(0, MAGIC_BYTES)).toString('hex')}`,
      'give a pcap or pcapng file, or the text that hping3, ping, fping or nping printed',
      2,
    );
  }
  const damages: Damage[] = [];
  const format = formatOf(start, sink, (atByte, bytes, why) =>
    damages.push({ atByte, why: why ?? `${bytes} bytes make no sense and were passed over` }),
  );
  let buffer: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
  let [from, end, fileAt] = [0, 0, 0];
  try {
    for await (const chunk of pieces(source, start, pieceBytes)) {
      if (end + chunk.length > buffer.length) {
        const room = end - from + chunk.length > buffer.length ? grown(buffer, end - from + chunk.length) : buffer;
        room.set(buffer.subarray(from, end), 0);
        [buffer, end, from] = [room, end - from, 0];
      }
      buffer.set(chunk, end);
      end += chunk.length;
      const done = format.read(buffer.subarray(from, end), end - from, fileAt);
      from += done;
      fileAt += done;
      if (!(await between())) return { bytes: fileAt, damages, cutOff: false };
    }
  } catch (error) {
    if (!(error instanceof DamagedCapture)) throw error;
    damages.push({ atByte: error.atByte, why: `${error.why}; nothing behind it could be read` });
    return { bytes: fileAt, damages, cutOff: true };
  }
  const left = end - from;
  const isTold = format.finish(fileAt + left);
  if (source.cutOff !== undefined) {
    damages.push({ atByte: source.cutOff.atByte, why: source.cutOff.why });
  } else if (left > 0 && !isTold) {
    damages.push({ atByte: fileAt, why: `the file ends ${left} bytes into a record` });
  }
  return { bytes: fileAt + left, damages, cutOff: left > 0 || source.cutOff !== undefined };
}

async function* pieces(source: ByteSource, start: Uint8Array, most: number): AsyncGenerator<Uint8Array> {
  for (let chunk: Uint8Array | null = start; chunk !== null; chunk = await source.next()) {
    for (let at = 0; at < chunk.length; at += most) yield chunk.subarray(at, at + most);
  }
}

function formatOf(start: Uint8Array, sink: PacketSink, passedOver: PassedOver): CaptureFormat {
  const magic = new DataView(start.buffer, start.byteOffset, MAGIC_BYTES).getUint32(0, true);
  return isPcapng(magic) ? new PcapngFormat(sink, passedOver) : new PcapFormat(sink, passedOver);
}

function grown(buffer: Uint8Array, least: number): Uint8Array {
  return new Uint8Array(Math.max(buffer.length * 2, least));
}
