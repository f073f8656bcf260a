import { isIPv4 } from 'node:net';
import { addressBytes } from '../../model/ip-address.js';

/** An address as it stands in packets. */
export interface Address {
  readonly version: 4 | 6;
  readonly bytes: Buffer;
}

/** @param text a numeric address, without a zone */
export function parseAddress(text: string): Address {
  return { version: versionOf(text), bytes: Buffer.from(addressBytes(text)) };
}

export function versionOf(address: string): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}
