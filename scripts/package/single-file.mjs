// The single executable: Node.js with all of rxray inside, for people who have no Node.js.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { output, root, step } from '../step.mjs';
import { buildInfoText } from './build-info.mjs';
import { packageFile } from './bundle.mjs';
import { HELPERS } from './helpers.mjs';
import { npmTarball } from './npm-tarball.mjs';
import { cacheFolder, packagesFolder, workFolder } from './places.mjs';
import { ownPlatform } from './platforms.mjs';

/** Of the newest line with long-term support that runs on a plain Debian: those of 26 want libatomic as well. */
export const SINGLE_FILE_NODE = '24.21.0';

/** Puts a blob into an executable, as Node.js documents it. */
const POSTJECT = 'postject@1.0.0-alpha.6';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** A Node.js of npm's `node-linux-*` packages, for any platform; unpacked once. @returns its folder */
export function nodeFolder(platform, nodeVersion) {
  const name = `node-${platform.name}`;
  const folder = join(cacheFolder(), `${name}-${nodeVersion}`);
  if (existsSync(join(folder, 'package/bin/node'))) return join(folder, 'package');
  const [packed] = JSON.parse(
    output('npm', ['pack', '--json', '--silent', '--pack-destination', cacheFolder(), `${name}@${nodeVersion}`]),
  );
  mkdirSync(folder, { recursive: true });
  const archive = join(cacheFolder(), packed.filename);
  step('tar', ['-xzf', archive, '-C', folder, 'package/bin', 'package/LICENSE'], { quiet: true });
  rmSync(archive);
  return join(folder, 'package');
}

/**
 * Makes the executable of a platform.
 *
 * @param bundled the bundle of JavaScript
 * @param helpers `{ folder, hashes }` of the platform
 * @param notices text of NOTICE
 * @returns its file name
 */
export async function makeSingleFile(platform, bundled, helpers, notices) {
  const work = join(workFolder, 'single-file', platform.name);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const node = join(work, 'node');
  copyFileSync(join(nodeFolder(platform, SINGLE_FILE_NODE), 'bin/node'), node);
  // A fifth of it is names of functions that only a debugger of Node.js itself needs.
  step(platform.cpu === process.arch ? 'strip' : `${platform.gnu}-strip`, ['--strip-all', node], { quiet: true });
  const buildInfo = join(work, 'build.json');
  writeFileSync(buildInfo, buildInfoText({ kind: 'single-file', helpers: { [platform.name]: helpers.hashes } }));
  writeFileSync(join(work, 'NOTICE'), notices);
  const name = singleFileName(platform);
  const page = ['report-page.js', 'report-page.css'].map((file) => `dist/src/report/page/${file}`);
  const config = join(work, 'sea.json');
  const blob = join(work, 'blob');
  writeFileSync(
    config,
    JSON.stringify({
      main: bundled,
      output: blob,
      disableExperimentalSEAWarning: true,
      // Compiled code is for one processor; what compiles it is this machine's.
      useCodeCache: platform.cpu === process.arch,
      // NODE_OPTIONS is for the Node.js of others.
      execArgvExtension: 'none',
      assets: {
        'package.json': join(root, 'package.json'),
        'dist/build.json': buildInfo,
        LICENSE: join(root, 'LICENSE'),
        NOTICE: join(work, 'NOTICE'),
        'deploy/seccomp-trace.json': join(root, 'deploy/seccomp-trace.json'),
        ...Object.fromEntries(page.map((file) => [file, join(root, file)])),
        ...Object.fromEntries(HELPERS.map((helper) => [`helpers/${helper}`, join(helpers.folder, helper)])),
        ...Object.fromEntries(
          ['linux', 'xterm-256color'].map((term) => [`terminfo/${term}`, packageFile(`blessed/usr/${term}`)]),
        ),
      },
    }),
  );
  step(join(nodeFolder(ownPlatform(), SINGLE_FILE_NODE), 'bin/node'), ['--experimental-sea-config', config], {
    quiet: true,
  });
  await inject(node, readFileSync(blob));
  copyFileSync(node, join(packagesFolder, name));
  return name;
}

async function inject(executable, blob) {
  const folder = join(cacheFolder(), POSTJECT);
  if (!existsSync(folder)) {
    mkdirSync(folder);
    step('tar', ['-xzf', npmTarball(POSTJECT), '-C', folder], { quiet: true });
  }
  const postject = createRequire(import.meta.url)(join(folder, 'package/dist/api.js'));
  await postject.inject(executable, 'NODE_SEA_BLOB', blob, { sentinelFuse: FUSE });
}

export function singleFileName(platform) {
  return `rxray-${platform.name}`;
}
