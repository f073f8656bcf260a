// Where packages are built and what they are called by.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder as cache } from '../debian/cache.mjs';
import { fail, output, root } from '../step.mjs';

/** What is handed out: everything in it is listed in SHA256SUMS. */
export const packagesFolder = join(root, 'packages');
/** Half-done things; never handed out. */
export const workFolder = join(packagesFolder, 'work');

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
export const version = manifest.version;

/** Where downloads for packages are kept. */
export function cacheFolder(name = '') {
  return cache(join('packages', name));
}

/** Seconds since 1970 that every file in a package carries: the commit's, never that of the build. */
export function sourceEpoch() {
  const given = process.env.SOURCE_DATE_EPOCH ?? output('git', ['log', '-1', '--format=%ct']);
  if (!/^\d+$/.test(given ?? '')) fail('no commit here whose time the packages could carry: set SOURCE_DATE_EPOCH');
  return Number(given);
}

/** The commit, with `-dirty` when tracked files differ from it. */
export function commit() {
  const hash = output('git', ['rev-parse', 'HEAD']);
  if (!hash) return undefined;
  return output('git', ['status', '--porcelain', '--untracked-files=no']) === '' ? hash : `${hash}-dirty`;
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
