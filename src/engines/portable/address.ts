import { isIPv4 } from 'node:net';

/** An address as it stands in packets. */
export interface Address {
  readonly version: 4 | 6;
  readonly bytes: Buffer;
}

/** @param text a numeric address, without a zone */
export function parseAddress(text: string): Address {
  if (isIPv4(text)) return { version: 4, bytes: Buffer.from(text.split('.').map(Number)) };
  // The host of a URL is the shortest form, in which an address within ends in hexadecimal digits.
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = shortest.split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const bytes = Buffer.alloc(16);
  front.forEach((group, i) => {
    bytes.writeUInt16BE(group, 2 * i);
  });
  back.forEach((group, i) => {
    bytes.writeUInt16BE(group, 16 - 2 * (back.length - i));
  });
  return { version: 6, bytes };
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** IPv4 in dotted digits; IPv6 as eight groups, for comparing. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
}

export function versionOf(address: string): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}
