// rxray from a registry, as an ordinary user of a Debian without compilers, by four lines of Node.js and three package
// managers.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianFiles } from '../../debian/files.mjs';
import { output, root } from '../../step.mjs';
import { npmTarball } from '../npm-tarball.mjs';
import { packagesFolder, version } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { nodeFolder } from '../single-file.mjs';
import { ANSWERED, BY_HELPER } from './answered.mjs';
import { insideCleanRoot } from './clean-root.mjs';
import { prepareRegistry, REGISTRY, startRegistry } from './local-registry.mjs';

const NODES = ['20.20.2', '22.23.3', '24.21.0', '26.12.1'];
/** Says that the helper is that of the platform's package. */
const PACKAGED = /"origin": "platform package"/;
const PROGRAMS = { npm: 'bin/npm-cli.js', pnpm: 'bin/pnpm.cjs', yarn: 'bin/yarn.js' };
const CLIENTS = { npm: 'npm@11.6.2', pnpm: 'pnpm@10.20.0', yarn: '@yarnpkg/cli-dist@4.10.3' };

/** Installed for a user by each line of Node.js, with and without capabilities, with and without the helpers. */
export function checkNpm() {
  return check('installed');
}

/** As a dependency of a project: lock files, and other package managers. */
export function checkProjects() {
  return check('project');
}

async function check(part) {
  const clients = Object.fromEntries(Object.entries(CLIENTS).map(([name, spec]) => [name, npmTarball(spec)]));
  const nodes = NODES.map((number) => ({ number, folder: nodeFolder(ownPlatform(), number) }));
  // Node.js 26 is linked with it, and a Debian without compilers does not have it.
  const libatomic = debianFiles(ownPlatform().debian, ['libatomic1']);
  const { HELPER_CAPABILITIES: rights } = await import(join(root, 'dist/src/kernel/helper-rights.js'));
  return insideCleanRoot(import.meta.url, { part, registry: prepareRegistry(), clients, nodes, libatomic, rights });
}

/** In the clean root. */
export async function inside(box, { part, registry, clients, nodes, libatomic, rights }) {
  const stop = await startRegistry(registry, join(box.root, 'tmp/registry'));
  layOut(box, clients, nodes, libatomic);
  publish(box, person(nodes[0].number));
  if (part === 'installed') {
    for (const { number } of nodes) install(box, person(number), number);
    const tester = person(nodes[0].number);
    grant(box, tester, rights);
    withoutHelpers(box, tester);
  } else {
    lockFiles(box, person(nodes[1].number));
    otherClients(box, person(nodes[1].number));
  }
  stop();
}

function layOut({ root, expect }, clients, nodes, libatomic) {
  expect('for tool in cc gcc g++ make python3; do ! command -v $tool || exit 1; done');
  cpSync(join(libatomic, 'usr/lib'), join(root, 'usr/lib'), { recursive: true, verbatimSymlinks: true });
  expect('useradd -m tester');
  for (const { number, folder } of nodes) {
    mkdirSync(join(root, 'opt', number, 'bin'), { recursive: true });
    cpSync(join(folder, 'bin/node'), join(root, 'opt', number, 'bin/node'));
  }
  for (const [name, file] of Object.entries(clients)) {
    mkdirSync(join(root, 'opt', name), { recursive: true });
    output('tar', ['-xzf', file, '-C', join(root, 'opt', name)]);
    const program = join(root, 'usr/local/bin', name);
    writeFileSync(program, `#!/bin/sh\nexec node /opt/${name}/package/${PROGRAMS[name]} "$@"\n`, { mode: 0o755 });
  }
}

/** A user with a Node.js of this version, and npm's global packages in the home. */
function person(number) {
  const env = {
    PATH: `/home/tester/.npm-global/bin:/opt/${number}/bin:/usr/local/bin:/usr/bin:/bin`,
    npm_config_registry: REGISTRY,
    npm_config_prefix: '/home/tester/.npm-global',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  return { user: 'tester', env };
}

function publish({ root, expect }, { env }) {
  for (const name of packages()) {
    cpSync(join(packagesFolder, name), join(root, 'tmp', name));
    const anybody = '--//127.0.0.1:4873/:_authToken=any';
    expect(`npm publish /tmp/${name} ${anybody} --provenance=false`, { env });
  }
}

function install({ expect, ok }, tester, number) {
  const { seconds } = expect('npm install -g rxray', tester);
  expect('rxray --version', { ...tester, matches: new RegExp(`^${version}\n$`) });
  expect('rxray probe 127.0.0.1 --engine connect -c 20 -i 50ms', { ...tester, matches: ANSWERED });
  expect('probe 127.0.0.1 -p 9 -c 20 -i 50ms -q', { ...tester, matches: ANSWERED });
  const told = JSON.parse(expect('rxray --version --json', tester).stdout);
  const { origin, sha256, belongs } = told.helpers['rxray-prober'];
  if (origin !== 'platform package' || sha256 !== belongs) throw new Error(`the helper is ${origin}, ${sha256}`);
  if (told.build !== 'npm' || !told.commit) throw new Error('the build is not told');
  expect('ls ~/.npm-global/lib/node_modules/rxray/node_modules/raw-socket', { ...tester, status: 2 });
  ok(`Node.js ${number}: npm install -g rxray in ${seconds.toFixed(1)} s, probes answered by engine connect`);
}

/** @param rights what each helper is to be given, as setcap takes it */
function grant({ run, expect, ok }, tester, rights) {
  const refused = { ...tester, status: 4, matches: /E_NO_RAW_SOCKET.*doctor --fix/s };
  expect('rxray probe 127.0.0.1 --engine helper -c 5', refused);
  const modules = { ...tester, status: 4, matches: /raw-socket is not built here.*npm install raw-socket cap/s };
  expect('rxray probe 127.0.0.1 --engine portable -c 5', modules);
  const report = run('rxray doctor --json', tester).stdout.trim().split('\n').at(-1);
  const printed = JSON.parse(report).grant;
  const admin = { env: { PATH: `${tester.env.PATH}:/usr/sbin:/sbin` } };
  const done = expect('rxray doctor --fix', admin).stderr.split('\n').slice(0, printed.length);
  if (JSON.stringify(done) !== JSON.stringify(printed))
    throw new Error(`doctor printed\n${printed.join('\n')}\nand ran\n${done.join('\n')}`);
  expect('rxray probe 127.0.0.1 --engine helper -c 5', { ...tester, status: 4 });
  for (const [helper, granted] of Object.entries(rights)) {
    const { stdout } = expect(`getcap /usr/local/lib/rxray/${helper}`, admin);
    const words = (text) => text.split('=')[0].split(',').sort().join();
    if (words(stdout.trim().split(' ').at(-1)) !== words(granted)) throw new Error(`${stdout} is not ${granted}`);
  }
  expect('test "$(stat -c %a:%U:%G /usr/local/lib/rxray/rxray-prober)" = 750:root:rxray');
  expect('usermod -aG rxray tester');
  expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  ok('with capabilities granted by rxray doctor --fix the default engine, the helper, probes for a group member');
  expect('npm install -g rxray --force', tester);
  expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  ok('and still does after the package was installed anew');
  expect('printf x >> /usr/local/lib/rxray/rxray-prober');
  expect('rxray probe 127.0.0.1 --engine helper -c 5', { ...tester, status: 4 });
  expect('rxray doctor || true', { ...tester, matches: /rxray-prober.*another build/ });
  ok('a granted helper with other bytes is passed over, and doctor says so');
  expect('rm -r /usr/local/lib/rxray');
}

function withoutHelpers({ expect, ok }, tester) {
  // npm keeps what it has of a package that is installed again: so it is taken away first. Some versions of npm install
  // the optional packages of global ones all the same.
  expect('npm uninstall -g rxray && npm install -g rxray --omit=optional', tester);
  expect('rm -rf ~/.npm-global/lib/node_modules/rxray/node_modules/@rxray', tester);
  expect('rxray probe 127.0.0.1 -p 9 --engine connect -c 20 -i 50ms', { ...tester, matches: ANSWERED });
  const advice = new RegExp(`npm install @rxray/linux-x64@${version} \\(with -g`);
  expect('rxray probe 127.0.0.1 --engine helper -c 5', { ...tester, status: 4, matches: advice });
  expect(`npm install -g @rxray/linux-x64@${version}`, tester);
  expect('rxray --version --json', { ...tester, matches: PACKAGED });
  ok('--omit=optional: engine connect works, the helper engine says which package to add, and adding it works');
}

function lockFiles({ expect, ok }, tester) {
  const project = (line, more = {}) => expect(`mkdir -p ~/lock && cd ~/lock && ${line}`, { ...tester, ...more });
  project('npm init -y && npm install rxray --cpu=arm64 --os=linux && test -d node_modules/@rxray/linux-arm64');
  project('test ! -d node_modules/@rxray/linux-x64 && rm -r node_modules && npm ci');
  project('node_modules/.bin/rxray --version --json', { matches: PACKAGED });
  ok('a lock file made for arm64 installs the helpers of x64 on x64');
  const forget =
    'const fs=require("fs");const lock=JSON.parse(fs.readFileSync("package-lock.json"));' +
    'delete lock.packages["node_modules/@rxray/linux-x64"];fs.writeFileSync("package-lock.json",JSON.stringify(lock))';
  const missing = new RegExp(`Missing: @rxray/linux-x64@${version} from lock file`);
  project(`node -e '${forget}' && rm -rf node_modules && npm ci`, { status: 1, matches: missing });
  project('npm install --omit=optional', {});
  const advice = { status: 4, matches: new RegExp(`npm install @rxray/linux-x64@${version}`) };
  project('node_modules/.bin/rxray probe 127.0.0.1 --engine helper -c 5', advice);
  project('node_modules/.bin/rxray probe 127.0.0.1 -p 9 --engine connect -c 20 -i 50ms', { matches: ANSWERED });
  ok('where the lock file has lost them npm ci says so, and an installation without them says which package to add');
}

function otherClients({ expect, ok }, tester) {
  const project = (name, line, more = {}) =>
    expect(`mkdir -p ~/${name} && cd ~/${name} && ${line}`, { ...tester, ...more });
  project('pnpm', `npm init -y && pnpm add rxray --registry ${REGISTRY}`);
  project('pnpm', 'node_modules/.bin/rxray --version --json', { matches: PACKAGED });
  project('pnpm', 'node_modules/.bin/probe 127.0.0.1 --engine connect -c 20 -i 50ms', { matches: ANSWERED });
  ok('pnpm: helpers and commands work');
  const settings = [
    `npmRegistryServer ${REGISTRY.slice(0, -1)}`,
    'unsafeHttpWhitelist 127.0.0.1',
    'enableTelemetry 0',
    'enableGlobalCache false',
  ];
  const configured = settings.map((setting) => `yarn config set ${setting}`).join(' && ');
  project('yarn', `echo '{"name":"p"}' > package.json && touch yarn.lock && ${configured}`);
  project('yarn', 'yarn add rxray && test -f .pnp.cjs');
  project('yarn', 'yarn rxray --version --json', { matches: [/unplugged/, PACKAGED] });
  project('yarn', 'yarn probe 127.0.0.1 --engine connect -c 20 -i 50ms', { matches: ANSWERED });
  ok('Yarn with Plug’n’Play: helpers and commands work');
}

function packages() {
  const sums = readFileSync(join(packagesFolder, 'SHA256SUMS'), 'utf8');
  const names = [...sums.matchAll(/ {2}(rxray\S*\.tgz)$/gm)].map(([, name]) => name);
  // Those of the platforms first: who sees rxray must be able to get them.
  return names.sort((a, b) => b.length - a.length);
}
