/**
 * The bytes of a numeric address, without a zone: 4 of IPv4, 16 of IPv6.
 * @throws RangeError for anything else
 */
export function addressBytes(text: string): Uint8Array {
  return Uint8Array.from(text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text));
}

/** The text of 4 or 16 bytes; of IPv6 the shortest, as RFC 5952 has it. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  return new URL(`http://[${words.map((word) => word.toString(16)).join(':')}]`).hostname.slice(1, -1);
}

/** IPv6 addresses are written in many ways; the shortest form stands for all. What is no address stays as it is. */
export function canonicalAddress(text: string): string {
  if (!text.includes(':')) return text;
  try {
    return addressText(addressBytes(text));
  } catch {
    return text;
  }
}

function ipv4Bytes(text: string): number[] {
  const bytes = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (bytes.length !== 4 || !bytes.every((byte) => byte <= 255)) {
    throw new RangeError(`${text} is no IPv4 address`);
  }
  return bytes;
}

function ipv6Bytes(text: string): number[] {
  const halves = text.split('::');
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (group.includes('.')) {
            const [a, b, c, d] = ipv4Bytes(group) as [number, number, number, number];
            return [a * 256 + b, c * 256 + d];
          }
          return [/^[0-9a-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN];
        });
  const [head, tail] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - head.length - tail.length;
  const all = halves.length === 2 ? [...head, ...new Array<number>(Math.max(0, missing)).fill(0), ...tail] : head;
  if (halves.length > 2 || all.length !== 8 || all.some(Number.isNaN)) {
    throw new RangeError(`${text} is no IPv6 address`);
  }
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}
