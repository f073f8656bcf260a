import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fail } from '../step.mjs';

/** The content of a file that xz packed. */
export function xzDecompress(file) {
  return xzUnpack(readFileSync(file));
}

/** What xz packed into these bytes. */
export function xzUnpack(bytes) {
  const done = spawnSync('xz', ['-dc'], { input: bytes, maxBuffer: 2 ** 28 });
  if (done.status !== 0) fail('xz cannot unpack: apt-get install xz-utils');
  return done.stdout;
}

export function isXz(bytes) {
  return bytes.subarray(0, 6).equals(Buffer.from('\xfd7zXZ\0', 'latin1'));
}
