// Archives whose bytes depend on nothing but what is in them.
import { constants, gzipSync } from 'node:zlib';

const BLOCK = 512;

/**
 * A file, folder or link of an archive.
 *
 * @typedef {{ path: string, mode?: number, bytes?: Uint8Array, link?: string, folder?: boolean }} Entry
 */

/**
 * Packs entries in the order of their paths, all owned by root, all with one time.
 *
 * @param {readonly Entry[]} entries
 * @param {number} epoch seconds since 1970
 */
export function tar(entries, epoch) {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const blocks = sorted.flatMap((entry) => {
    const bytes = entry.bytes ?? Buffer.alloc(0);
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header(entry, bytes.length, epoch), bytes, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** The header that gzip writes has no name, no time and no system in it when Node.js makes it. */
export function gzip(bytes) {
  return gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
}

function header({ path, mode, link, folder }, size, epoch) {
  const block = Buffer.alloc(BLOCK);
  const put = (text, at, length) => {
    if (Buffer.byteLength(text) > length) throw new Error(`${path}: too long for an archive`);
    block.write(text, at);
  };
  const octal = (value, at, length) => put(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length);
  const name = folder ? `${path}/` : path;
  // A long name is cut at a slash in two, as the format of POSIX.1-1988 has it.
  const cut = Buffer.byteLength(name) <= 100 ? -1 : name.lastIndexOf('/', 154);
  put(name.slice(cut + 1), 0, 100);
  octal(mode ?? (folder ? 0o755 : 0o644), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(epoch, 136, 12);
  put(link === undefined ? (folder ? '5' : '0') : '2', 156, 1);
  put(link ?? '', 157, 100);
  put('ustar\0', 257, 6);
  put('00', 263, 2);
  if (cut > 0) put(name.slice(0, cut), 345, 155);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}
