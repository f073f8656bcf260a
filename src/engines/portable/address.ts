import { isIPv4 } from 'node:net';
import { ipBytes } from '../../codec/ip-text.js';

/** An address as it stands in packets. */
export interface Address {
  readonly version: 4 | 6;
  readonly bytes: Buffer;
}

/** @param text a numeric address, without a zone */
export function parseAddress(text: string): Address {
  return { version: versionOf(text), bytes: Buffer.from(ipBytes(text)) };
}

/** IPv4 in dotted digits; IPv6 as eight groups, for comparing. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
}

export function versionOf(address: string): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}
