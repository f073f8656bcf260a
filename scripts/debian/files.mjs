// Files of Debian packages for any architecture, unpacked without installing them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, step } from '../step.mjs';
import { aptOptions, downloadPackages, updateLists } from './apt.mjs';
import { cacheFolder } from './cache.mjs';

/**
 * Downloads packages of the suite this machine runs on, and unpacks them into one folder.
 *
 * @param names the first one names the folder
 * @returns the folder
 */
export function debianFiles(architecture, names) {
  const folder = folderOf(architecture, names);
  const unpacked = join(folder, 'root');
  if (existsSync(join(folder, 'packages.txt'))) return unpacked;
  const options = aptOptions(architecture, cacheFolder(`packages/apt-${architecture}`));
  updateLists(options);
  const debs = join(folder, 'debs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  downloadPackages(options, names, debs);
  const got = readdirSync(debs).sort();
  for (const deb of got) step('dpkg', ['-x', join(debs, deb), unpacked], { quiet: true });
  const versions = got.map((deb) => output('dpkg-deb', ['-W', join(debs, deb)]).replace('\t', ' '));
  writeFileSync(join(folder, 'packages.txt'), `${versions.join('\n')}\n`);
  return unpacked;
}

/** Versions by name, of packages that were unpacked so. */
export function debianPackages(architecture, names) {
  debianFiles(architecture, names);
  const lines = readFileSync(join(folderOf(architecture, names), 'packages.txt'), 'utf8')
    .trim()
    .split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ')));
}

/** Versions by name, of packages that are installed on this machine. */
export function installedPackages(names) {
  const told = output('dpkg-query', ['-W', '-f', '$' + '{Package} $' + '{Version}\n', ...names]) ?? '';
  return Object.fromEntries(
    told
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ')),
  );
}

function folderOf(architecture, names) {
  // All names count; together they would be too long for a folder.
  const all = createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 12);
  return cacheFolder(`packages/debian-${architecture}-${names[0]}-${all}`);
}
