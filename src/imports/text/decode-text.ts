/** A text whose every second byte is 0 is UTF-16, as PowerShell writes it; so many bytes tell. */
const LOOKED_AT = 512;

/**
 * A text as characters: UTF-8, UTF-16 with or without its mark, and else Latin-1, which loses the letters of other
 * code pages and none of the numbers.
 */
export function decodeText(bytes: Uint8Array): string {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return decodeEightBits(bytes.subarray(3));
  if (a === 0xff && b === 0xfe) return Buffer.from(bytes.subarray(2)).toString('utf16le');
  if (a === 0xfe && b === 0xff) return bigEndian(bytes.subarray(2));
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, LOOKED_AT) & ~1;
  for (let at = 0; at < looked; at += 1) if (bytes[at] === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  if (looked >= 8 && (zeros[1] ?? 0) * 4 > looked) return Buffer.from(bytes).toString('utf16le');
  if (looked >= 8 && (zeros[0] ?? 0) * 4 > looked) return bigEndian(bytes);
  return decodeEightBits(bytes);
}

function decodeEightBits(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function bigEndian(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}
