// Debian packages of any suite and architecture, downloaded and unpacked without installing them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, output, step } from '../step.mjs';

/**
 * Options of apt for lists of its own: the machine's architectures, sources and lists stay as they are.
 *
 * @param folder where lists and archives are kept
 * @param suite another one than the machine's own, from the same mirror
 */
export function aptOptions(architecture, folder, suite) {
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  const options = [
    ['APT::Architecture', architecture],
    ['APT::Architectures', architecture],
    ['Dir::State::lists', join(folder, 'lists')],
    ['Dir::State::status', '/dev/null'],
    ['Dir::Cache', join(folder, 'cache')],
    ['APT::Sandbox::User', ''],
  ];
  if (suite !== undefined) {
    const sources = join(folder, 'sources.list');
    writeFileSync(sources, `deb ${ownMirror()} ${suite} main\n`);
    options.push(['Dir::Etc::sourcelist', sources], ['Dir::Etc::sourceparts', '/dev/null']);
  }
  return options.flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Reads the lists anew. */
export function updateLists(options) {
  step('apt-get', [...options, '-qq', 'update'], { quiet: true });
}

/** Downloads packages into a folder, which has to be there. */
export function downloadPackages(options, names, folder) {
  step('sh', ['-c', 'cd "$1" && shift && exec apt-get "$@"', 'sh', folder, ...options, '-qq', 'download', ...names], {
    quiet: true,
  });
}

/** Names of the packages that one depends on directly, the first of each group of alternatives. */
export function dependencies(options, name) {
  const told = output('apt-cache', [...options, 'depends', '--no-recommends', '--no-suggests', name]) ?? '';
  return [...told.matchAll(/^\s+\|?Depends: <?([^\s<>]+)>?$/gm)].map(([, dependency]) => dependency);
}

/** Where the machine itself gets Debian from. */
function ownMirror() {
  const told = output('apt-get', ['indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages']) ?? '';
  const mirror = told
    .split('\n')
    .map((line) => line.split(' '))
    .find(([label]) => label === 'Debian')?.[1];
  return mirror ?? fail('this machine has no source of Debian packages: kernels come from Debian');
}
