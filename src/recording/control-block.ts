import { checksum } from '../codec/checksum.js';
import { type Fields, type FieldValues, writeRecord } from '../codec/field.js';
import { BLOCK_LAYOUT, BLOCK_MAGIC, FRAMES_MAGIC, FRAMES_VERSION, HEADER_LAYOUT, HELPER } from '../codec/frames.gen.js';

/** The blocks that a recording adds to those of its helpers, numbered on their own. */
export class ControlBlocks {
  #sequence = 0;

  json(type: number, value: object): Uint8Array {
    const text = new TextEncoder().encode(JSON.stringify(value));
    return this.#block(type, 1, text.length, (bytes) => bytes.set(text, BLOCK_LAYOUT.bytes));
  }

  record<F extends Fields>(layout: { type: number; bytes: number }, fields: F, values: FieldValues<F>): Uint8Array {
    return this.#block(layout.type, layout.bytes, 1, (_, view) =>
      writeRecord(view, BLOCK_LAYOUT.bytes, fields, values),
    );
  }

  #block(
    type: number,
    recordBytes: number,
    count: number,
    fill: (bytes: Uint8Array, view: DataView) => void,
  ): Uint8Array {
    const bytes = new Uint8Array(BLOCK_LAYOUT.bytes + recordBytes * count);
    const view = new DataView(bytes.buffer);
    view.setUint32(BLOCK_LAYOUT.magic, BLOCK_MAGIC, true);
    view.setUint16(BLOCK_LAYOUT.type, type, true);
    view.setUint16(BLOCK_LAYOUT.recordBytes, recordBytes, true);
    view.setUint32(BLOCK_LAYOUT.count, count, true);
    view.setUint32(BLOCK_LAYOUT.sequence, this.#sequence, true);
    fill(bytes, view);
    view.setUint32(BLOCK_LAYOUT.crc32, checksum(bytes), true);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return bytes;
  }
}

/** The header of a recording's file. */
export function recordingHeader(epochRealNs: bigint, epochMonoNs: bigint, recordingId: bigint): Uint8Array {
  const bytes = new Uint8Array(HEADER_LAYOUT.bytes);
  const view = new DataView(bytes.buffer);
  bytes.set(FRAMES_MAGIC);
  view.setUint16(HEADER_LAYOUT.version, FRAMES_VERSION, true);
  view.setUint16(HEADER_LAYOUT.headerBytes, HEADER_LAYOUT.bytes, true);
  view.setUint8(HEADER_LAYOUT.helper, HELPER.recorder);
  view.setBigInt64(HEADER_LAYOUT.epochRealNs, epochRealNs, true);
  view.setBigInt64(HEADER_LAYOUT.epochMonoNs, epochMonoNs, true);
  view.setBigUint64(HEADER_LAYOUT.streamId, recordingId, true);
  return bytes;
}
