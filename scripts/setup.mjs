#!/usr/bin/env node
// Installs what is missing: Debian packages and npm packages, saying what and why.
// `--for build|lab|test|package` says how much: each includes the ones before it; the default is lab. `--for servers`
// adds real servers to those of lab.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGES } from './packages.mjs';
import { fail, output, root, sideBySide, step } from './step.mjs';

const USES = ['build', 'lab', 'test', 'package'];
const use = process.argv[process.argv.indexOf('--for') + 1];
const wanted =
  use === 'servers' ? ['build', 'lab', 'servers'] : USES.slice(0, USES.indexOf(USES.includes(use) ? use : 'lab') + 1);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`rxray needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
}

installDebianPackages();
// Debian's own kernel and headers, unpacked outside the checkout, for the test that boots them.
const kernel = ['node', 'scripts/kernels.mjs', '--fetch', process.arch === 'arm64' ? '6.1-arm64' : '6.1'];
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.rxray-setup');
const packages = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock ? [] : [npmInstall()];
await sideBySide([...packages, ...(wanted.includes('test') ? [kernel] : [])], { quiet: packages.length === 0 });
if (packages.length > 0) writeFileSync(stamp, lock);

function isThere(entry) {
  if (existsSync(entry.what)) return true;
  return output('dpkg-query', ['-W', '-f', '$' + '{db:Status-Abbrev}', entry.name])?.startsWith('ii') ?? false;
}

function installDebianPackages() {
  const missing = PACKAGES.filter((entry) => wanted.includes(entry.use) && !isThere(entry));
  if (missing.length === 0) return;
  console.error('Missing Debian packages:');
  for (const entry of missing) console.error(`  ${entry.name.padEnd(24)} ${entry.why}`);
  const names = missing.map((entry) => entry.name);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...names];
  if (!existsSync('/usr/bin/apt-get'))
    fail('This is no Debian or Ubuntu: install the equivalents, then run this again.');
  const asRoot = process.getuid() === 0 ? [] : ['sudo'];
  if (asRoot.length > 0 && !output('sudo', ['-n', 'true']) && !process.stdin.isTTY) {
    fail(`Run as root: ${install.join(' ')}`);
  }
  // What is installed for tests is started by them alone: at run level 1 Debian starts no daemon.
  const run = ([command, ...args]) =>
    step(command, args, { env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } });
  run([...asRoot, 'apt-get', 'update', '-q']);
  run([...asRoot, ...install]);
}

function npmInstall() {
  console.error('Installing npm packages as package-lock.json pins them.');
  // raw-socket and cap are compiled on the spot; with the headers at hand node-gyp downloads nothing.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include/node/node.h'))) process.env.npm_config_nodedir = prefix;
  return ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
}
