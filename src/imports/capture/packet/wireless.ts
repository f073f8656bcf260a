import { insideLlc } from './ethernet.js';
import { NONE, notRead, Unread } from './unread.js';

/** 802.11, from the frame control field on: data frames with LLC, several in one included only as the first. */
export function insideWifi(bytes: Uint8Array, from: number, to: number): number {
  if (from + 24 > to) return NONE;
  const control = bytes[from] as number;
  const flags = bytes[from + 1] as number;
  const isData = (control & 0x0c) === 0x08;
  const hasBody = (control & 0x40) === 0;
  if (!isData || !hasBody) return NONE;
  if ((flags & 0x40) !== 0) return notRead(Unread.wifi);
  const isQos = (control & 0x80) !== 0;
  const fourAddresses = (flags & 3) === 3;
  let at = from + 24 + (fourAddresses ? 6 : 0);
  const qosAt = at;
  if (isQos) at += 2;
  // An HT control field comes with the order bit of QoS frames.
  if (isQos && (flags & 0x80) !== 0) at += 4;
  if (at >= to) return NONE;
  const found = insideLlc(bytes, at, to);
  if (found >= 0) return found;
  // Some drivers pad the header to a multiple of four.
  const padded = insideLlc(bytes, at + ((4 - ((at - from) % 4)) % 4), to);
  if (padded >= 0) return padded;
  const isAggregate = isQos && qosAt < to && ((bytes[qosAt] as number) & 0x80) !== 0;
  // An aggregate: addresses and length of the first frame, then its LLC.
  return isAggregate ? insideLlc(bytes, at + 14, to) : NONE;
}

/** radiotap: its length stands in bytes 2 and 3, little-endian. https://www.radiotap.org/ */
export function insideRadiotap(bytes: Uint8Array, from: number, to: number): number {
  if (from + 8 > to) return NONE;
  const length = (bytes[from + 2] as number) | ((bytes[from + 3] as number) << 8);
  return length < 8 ? NONE : insideWifi(bytes, from + length, to);
}
