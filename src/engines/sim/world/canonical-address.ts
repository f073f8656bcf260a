import { isIP } from 'node:net';

/** IPv6 addresses are written in many ways; the shortest form stands for all. */
export function canonicalAddress(text: string): string {
  return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}
