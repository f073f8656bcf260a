/**
 * The bytes of a numeric address: 4 of IPv4, 16 of IPv6.
 * @throws RangeError for anything else
 */
export function parseAddress(text: string): number[] {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): number[] {
  const bytes = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (bytes.length !== 4 || !bytes.every((byte) => byte <= 255)) {
    throw new RangeError(`${text} is no IPv4 address`);
  }
  return bytes;
}

function parseIpv6(text: string): number[] {
  const halves = text.split('::');
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (group.includes('.')) {
            const [a, b, c, d] = parseIpv4(group) as [number, number, number, number];
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
