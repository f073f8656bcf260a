// The static helpers for each platform, with the same bytes whatever the folder they are built in.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { debianFiles, debianPackages, installedPackages } from '../debian/files.mjs';
import { fail, root, step } from '../step.mjs';
import { sha256, workFolder } from './places.mjs';

export const HELPERS = ['rxray-prober', 'rxray-tracer', 'rxray-icmp'];

/** What the helpers are linked with, to be told with them. */
export const LIBRARIES = [
  { name: 'libbpf', debian: 'libbpf-dev', licence: 'LGPL-2.1-only OR BSD-2-Clause' },
  { name: 'elfutils', debian: 'libelf-dev', licence: 'LGPL-3.0-or-later OR GPL-2.0-or-later' },
  { name: 'zlib', debian: 'zlib1g-dev', licence: 'Zlib' },
  { name: 'glibc', debian: 'libc6-dev', licence: 'LGPL-2.1-or-later' },
];

const CROSS_PACKAGES = ['libelf-dev', 'libbpf-dev', 'zlib1g-dev', 'linux-libc-dev'];

/**
 * Builds the helpers of a platform.
 *
 * @param source the folder with native/, for a second build elsewhere
 * @returns the folder they are in
 */
export function buildHelpers(platform, { source = root, folder = join(workFolder, 'helpers', platform.name) } = {}) {
  const build = join(folder, 'build');
  const map = `-ffile-prefix-map=${source}/= -ffile-prefix-map=${folder}/=`;
  const foreign = platform.cpu !== process.arch;
  const tools = foreign ? crossTools(platform) : { cc: 'cc', strip: 'strip', flags: '', linking: '', headers: '' };
  const variables = [
    `BUILD=${build}`,
    `MACHINE=${platform.machine}`,
    `CC=${tools.cc}`,
    `STRIP=${tools.strip}`,
    `CFLAGS=-O2 -g ${map} ${tools.flags}`,
    `PREFIX_MAP=${map}`,
    `LDFLAGS=-Wl,--build-id=none ${tools.linking}`,
    ...(tools.headers === '' ? [] : [`BPF_HEADERS=${tools.headers}`]),
  ];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  for (const component of ['prober', 'icmp', 'tracer'])
    step('make', ['--no-print-directory', '-s', '-C', join(source, 'native', component), ...variables, 'all']);
  for (const helper of HELPERS) copyFileSync(join(build, helper), join(folder, helper));
  rmSync(build, { recursive: true });
  return folder;
}

/** SHA-256 of each helper in a folder. */
export function helperHashes(folder) {
  return Object.fromEntries(HELPERS.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
}

function crossTools({ debian, gnu }) {
  if (!existsSync(`/usr/bin/${gnu}-gcc`)) {
    fail(`${gnu}-gcc is missing: apt-get install gcc-${gnu.replace('_', '-')} libc6-dev-${debian}-cross`);
  }
  const files = debianFiles(debian, CROSS_PACKAGES);
  return {
    cc: `${gnu}-gcc`,
    strip: `${gnu}-strip`,
    flags: `-isystem ${files}/usr/include`,
    linking: `-L${files}/usr/lib/${gnu}`,
    headers: `${files}/usr/include/${gnu}`,
  };
}

/** Versions of the Debian packages of what is linked in, by name. The C library of the other machine is a cross package. */
export function libraryVersions(platform) {
  const names = LIBRARIES.map(({ debian }) => debian);
  if (platform.cpu === process.arch) return installedPackages(names);
  const cross = `libc6-dev-${platform.debian}-cross`;
  return {
    ...debianPackages(platform.debian, CROSS_PACKAGES),
    'libc6-dev': installedPackages([cross])[cross],
  };
}
