import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export type Compression = 'none' | 'gz' | 'zst';

/** By the end of the name, as other tools go by it. */
export function compressionOf(file: string): Compression {
  if (file.endsWith('.gz')) return 'gz';
  return file.endsWith('.zst') ? 'zst' : 'none';
}

const gzipped = promisify(gzip);
/** Recordings are many short runs of similar numbers: higher levels gain little. */
const ZSTD_LEVEL = 3;

type Zstd = typeof import('@bokuweb/zstd-wasm');

let ready: Promise<Zstd> | undefined;

/**
 * The library, loaded when it is first needed, as most runs do without; once for the whole process: a second `init` of
 * it takes the memory away from under the first.
 */
export function zstdReady(): Promise<Zstd> {
  ready ??= loadZstd();
  return ready;
}

async function loadZstd(): Promise<Zstd> {
  const zstd = await import('@bokuweb/zstd-wasm');
  await zstd.init();
  return zstd;
}

/**
 * Makes a member (gzip) or frame (zstd) of its own of each run of bytes, so that a file cut anywhere is readable up
 * to its last whole one. The tools of both formats read them one after the other as one file.
 */
export async function createCompressor(
  compression: Compression,
): Promise<(bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array> {
  switch (compression) {
    case 'none':
      return (bytes) => bytes;
    case 'gz':
      return (bytes) => gzipped(bytes);
    case 'zst': {
      const { compress } = await zstdReady();
      return (bytes) => compress(bytes, ZSTD_LEVEL);
    }
  }
}
