// The npm packages: rxray itself, and one a platform with its helpers.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root } from '../step.mjs';
import { buildInfoText } from './build-info.mjs';
import { HELPERS } from './helpers.mjs';
import { libraryNotices, notice, npmNotices } from './notice.mjs';
import { manifest, packagesFolder, sourceEpoch, version } from './places.mjs';
import { bundlePrograms, NOT_BUNDLED, withoutMap } from './programs.mjs';
import { gzip, tar } from './tar.mjs';

/** The scope keeps further platforms' names from being taken by others. */
export function platformPackageName(platform) {
  return `@rxray/${platform.name}`;
}

/**
 * package.json as it is published. The native modules of the portable engine are optional peers: found where somebody
 * installed them, and never compiled, or waited for, by an installation of rxray. The helpers come ready-made in a
 * package for each platform, of which package managers take the one that fits. Most libraries are within its programs.
 */
export function publishedManifest(platforms) {
  const { name, description, license, type, engines, os, bin, dependencies, optionalDependencies } = manifest;
  const peers = Object.entries(optionalDependencies);
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    os,
    bin,
    man: manualPages().map((page) => `man/${page}`),
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => NOT_BUNDLED.includes(name))),
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [platformPackageName(platform), version])),
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: Object.fromEntries(peers.map(([peer]) => [peer, { optional: true }])),
  };
}

/** @param preferUnplugged keeps Yarn from leaving programs inside an archive, where nothing can run them */
export function platformManifest(platform) {
  return {
    name: platformPackageName(platform),
    version,
    description: `The helpers of rxray for Linux on ${platform.cpu}: static programs that send, stamp and trace`,
    license: manifest.license,
    os: ['linux'],
    cpu: [platform.cpu],
    preferUnplugged: true,
  };
}

/**
 * Writes the packages.
 *
 * @param helpers by platform: `{ platform, folder, hashes }`
 * @returns their file names
 */
export async function packNpm(helpers, into = packagesFolder) {
  const platforms = helpers.map(({ platform }) => platform);
  const hashes = Object.fromEntries(helpers.map(({ platform, hashes: own }) => [platform.name, own]));
  const own = [
    text('package.json', `${JSON.stringify(publishedManifest(platforms), null, 2)}\n`),
    text('dist/build.json', buildInfoText({ kind: 'npm', helpers: hashes })),
    ...['README.md', 'LICENSE', 'CHANGELOG.md'].map((name) => file(name)),
    text('NOTICE', notice(npmNotices(await bundlePrograms()))),
    ...programFiles(),
    ...nativeSources(),
    ...manualPages().map((page) => file(`man/${page}`)),
    ...readdirSync(join(root, 'completions')).map((name) => file(`completions/${name}`)),
    ...output('git', ['ls-files', 'deploy'])
      .split('\n')
      .map((name) => file(name)),
  ];
  const written = [write(`rxray-${version}.tgz`, own, into)];
  for (const { platform, folder } of helpers) {
    const entries = [
      text('package.json', `${JSON.stringify(platformManifest(platform), null, 2)}\n`),
      text(
        'README.md',
        `# ${platformPackageName(platform)}\n\nThe helpers of [rxray](https://www.npmjs.com/package/rxray) for Linux on ${platform.cpu}. Install rxray.\n`,
      ),
      file('LICENSE'),
      text('NOTICE', notice(libraryNotices())),
      ...HELPERS.map((name) => ({ path: name, mode: 0o755, bytes: readFileSync(join(folder, name)) })),
    ];
    written.push(write(`rxray-${platform.name}-${version}.tgz`, entries, into));
  }
  return written;
}

function write(name, entries, into) {
  const inPackage = entries.map((entry) => ({ ...entry, path: `package/${entry.path}` }));
  writeFileSync(join(into, name), gzip(tar(inPackage, sourceEpoch())));
  return name;
}

/** The built programs, without maps, which lead to sources that are not there, and what reports are made of. */
function programFiles() {
  const names = ['dist/bin', 'dist/src/report/page'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return names.sort().map((path) => ({
    path,
    mode: Object.values(manifest.bin).includes(path) ? 0o755 : 0o644,
    bytes: Buffer.from(withoutMap(join(root, path))),
  }));
}

/** What helpers are built from where none are packaged, and the lab's programs. */
function nativeSources() {
  const names = output('git', ['ls-files', 'native']).split('\n');
  return names
    .filter((name) => !/\/test\/|\.md$/.test(name))
    .map((name) => ({ ...file(name), mode: name.endsWith('.sh') ? 0o755 : 0o644 }));
}

export function manualPages() {
  return readdirSync(join(root, 'man'))
    .filter((name) => /\.\d$/.test(name))
    .sort();
}

function file(name) {
  return { path: name, bytes: readFileSync(join(root, name)) };
}

function text(path, content) {
  return { path, bytes: Buffer.from(content) };
}
