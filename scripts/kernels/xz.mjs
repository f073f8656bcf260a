import { spawnSync } from 'node:child_process';
import { fail } from '../step.mjs';

/** The content of a file that xz packed. */
export function xzDecompress(file) {
  const done = spawnSync('xz', ['-dc', file], { maxBuffer: 2 ** 28 });
  if (done.status !== 0) fail(`xz cannot unpack ${file}: apt-get install xz-utils`);
  return done.stdout;
}
