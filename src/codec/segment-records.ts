import type { Segment } from '../model/segment.js';
import { readRecord } from './field.js';
import { SEGMENT_FIELDS, SEGMENT_FLAGS } from './frames.gen.js';

/** The segments of a block. */
export function decodeSegments(view: DataView, recordBytes: number, count: number): Segment[] {
  return Array.from({ length: count }, (_, index): Segment => {
    const { timeNs, seq, dataBytes: bytes, port, place, flags } = readRecord(view, index * recordBytes, SEGMENT_FIELDS);
    return { timeNs, seq, bytes, port, place, syn: (flags & SEGMENT_FLAGS.syn) !== 0 };
  });
}
