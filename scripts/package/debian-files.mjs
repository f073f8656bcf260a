// Files of Debian packages for any architecture, unpacked without installing them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, step } from '../step.mjs';
import { cacheFolder } from './places.mjs';

/**
 * Downloads packages of the suite this machine runs on, and unpacks them into one folder.
 *
 * @returns the folder
 */
export function debianFiles(architecture, names) {
  const folder = folderOf(architecture, names);
  const unpacked = join(folder, 'root');
  if (existsSync(join(folder, 'packages.txt'))) return unpacked;
  const lists = cacheFolder(`apt-${architecture}`);
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(lists, part), { recursive: true });
  // A configuration of its own: the machine's architectures and lists stay as they are.
  const apt = [
    ['APT::Architecture', architecture],
    ['APT::Architectures', architecture],
    ['Dir::State::lists', join(lists, 'lists')],
    ['Dir::State::status', '/dev/null'],
    ['Dir::Cache', join(lists, 'cache')],
    ['APT::Sandbox::User', ''],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  step('apt-get', [...apt, '-qq', 'update']);
  const debs = join(folder, 'debs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  step('sh', ['-c', 'cd "$1" && shift && exec apt-get "$@"', 'sh', debs, ...apt, '-qq', 'download', ...names]);
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
  return cacheFolder(`debian-${architecture}-${names.join('+')}`);
}
