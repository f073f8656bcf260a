// rxray from a registry, as an ordinary user of a Debian without compilers, by four lines of Node.js and three package
// managers.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../../step.mjs';
import { debianFiles } from '../debian-files.mjs';
import { npmTarball } from '../npm-tarball.mjs';
import { packagesFolder, version } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { nodeFolder } from '../single-file.mjs';
import { ANSWERED, BY_HELPER } from './answered.mjs';
import { insideCleanRoot } from './clean-root.mjs';
import { prepareRegistry, REGISTRY, startRegistry } from './local-registry.mjs';

const NODES = ['20.20.2', '22.23.3', '24.21.0', '26.12.1'];
const CLIENTS = { npm: 'npm@11.6.2', pnpm: 'pnpm@10.20.0', yarn: '@yarnpkg/cli-dist@4.10.3' };

export function checkNpm() {
  const clients = Object.fromEntries(Object.entries(CLIENTS).map(([name, spec]) => [name, npmTarball(spec)]));
  const nodes = NODES.map((number) => ({ number, folder: nodeFolder(ownPlatform(), number) }));
  // Node.js 26 is linked with it, and a Debian without compilers does not have it.
  const libatomic = debianFiles(ownPlatform().debian, ['libatomic1']);
  insideCleanRoot(import.meta.url, { registry: prepareRegistry(), clients, nodes, libatomic });
}

/** In the clean root. */
export async function inside({ root, run, expect, ok }, { registry, clients, nodes, libatomic }) {
  const stop = await startRegistry(registry, join(root, 'tmp/registry'));
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
  }
  for (const [name, script] of [
    ['npm', 'npm/package/bin/npm-cli.js'],
    ['pnpm', 'pnpm/package/bin/pnpm.cjs'],
    ['yarn', 'yarn/package/bin/yarn.js'],
  ])
    writeFileSync(join(root, 'usr/local/bin', name), `#!/bin/sh\nexec node /opt/${script} "$@"\n`, { mode: 0o755 });
  for (const name of packages()) {
    cpSync(join(packagesFolder, name), join(root, 'tmp', name));
    const env = { PATH: `/opt/${nodes[0].number}/bin:/usr/local/bin:/usr/bin:/bin` };
    expect(`npm publish /tmp/${name} --registry ${REGISTRY} --//127.0.0.1:4873/:_authToken=any --provenance=false`, {
      env,
    });
  }
  const seconds = {};
  for (const { number } of nodes) {
    const tester = person(number);
    const { seconds: took } = expect('npm install -g rxray', tester);
    seconds[number] = took;
    expect('rxray --version', { ...tester, matches: new RegExp(`^${version}\n$`) });
    expect('rxray probe 127.0.0.1 --engine connect -c 20', { ...tester, matches: ANSWERED });
    expect('probe 127.0.0.1 -p 9 -c 20 -q', {
      ...tester,
      matches: ANSWERED,
    });
    const told = JSON.parse(expect('rxray --version --json', tester).stdout);
    const { origin, sha256, belongs } = told.helpers['rxray-prober'];
    if (origin !== 'platform package' || sha256 !== belongs) throw new Error(`the helper is ${origin}, ${sha256}`);
    if (told.build !== 'npm' || !told.commit) throw new Error('the build is not told');
    expect('ls ~/.npm-global/lib/node_modules/rxray/node_modules/raw-socket', { ...tester, status: 2 });
    ok(`Node.js ${number}: npm install -g rxray in ${took.toFixed(1)} s, 20 probes answered by engine connect`);
  }
  const [first] = nodes;
  const tester = person(first.number);
  expect('rxray probe 127.0.0.1 --engine helper -c 5', {
    ...tester,
    status: 4,
    matches: /E_NO_RAW_SOCKET.*doctor --fix/s,
  });
  expect('rxray probe 127.0.0.1 --engine portable -c 5', {
    ...tester,
    status: 4,
    matches: /raw-socket is not built here.*npm install raw-socket cap/s,
  });
  const asRoot = {
    env: { PATH: `/home/tester/.npm-global/bin:/opt/${first.number}/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
  };
  const printed = JSON.parse(run('rxray doctor --json', tester).stdout).grant;
  const done = expect('rxray doctor --fix', asRoot).stderr.split('\n').slice(0, printed.length);
  if (JSON.stringify(done) !== JSON.stringify(printed))
    throw new Error(`doctor printed\n${printed.join('\n')}\nand ran\n${done.join('\n')}`);
  expect('rxray probe 127.0.0.1 --engine helper -c 5', { ...tester, status: 4 });
  expect('usermod -aG rxray tester');
  expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  ok(
    'with capabilities granted by rxray doctor --fix the default engine, the helper, probes for a member of the group',
  );
  expect('npm install -g rxray --force', tester);
  expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  ok('and still does after the package was installed anew');
  expect('printf x >> /usr/local/lib/rxray/rxray-prober');
  expect('rxray probe 127.0.0.1 --engine helper -c 5', { ...tester, status: 4 });
  expect('rxray doctor || true', { ...tester, matches: /rxray-prober.*another build/ });
  ok('a granted helper with other bytes is passed over, and doctor says so');
  expect('rm -r /usr/local/lib/rxray');

  expect(
    'npm install -g rxray --omit=optional --force && rm -rf ~/.npm-global/lib/node_modules/rxray/node_modules/@rxray',
    tester,
  );
  expect('rxray probe 127.0.0.1 -p 9 --engine connect -c 20', { ...tester, matches: /received/ });
  expect('rxray probe 127.0.0.1 --engine helper -c 5', {
    ...tester,
    status: 4,
    matches: new RegExp(`npm install @rxray/linux-x64@${version} \\(with -g`),
  });
  expect(`npm install -g @rxray/linux-x64@${version}`, tester);
  expect('rxray --version --json', { ...tester, matches: /platform package/ });
  ok('--omit=optional: engine connect works, the helper engine says which package to add, and adding it works');

  const project = (name, line, more = {}) =>
    expect(`mkdir -p ~/${name} && cd ~/${name} && ${line}`, { ...tester, ...more });
  project(
    'lock',
    'npm init -y && npm install rxray --cpu=arm64 --os=linux && test -d node_modules/@rxray/linux-arm64 && rm -r node_modules && npm ci',
  );
  project('lock', 'npx rxray --version --json', { matches: /"origin": "platform package"/ });
  ok('a lock file made for arm64 installs the helpers of x64 on x64');
  const strip = `node -e 'const fs=require("fs");const l=JSON.parse(fs.readFileSync("package-lock.json"));delete l.packages["node_modules/@rxray/linux-x64"];fs.writeFileSync("package-lock.json",JSON.stringify(l))'`;
  project('lock', `${strip} && rm -rf node_modules && npm ci --force || npm install --no-package-lock --omit=optional`);
  project('lock', 'rm -rf node_modules/@rxray/linux-x64; npx rxray probe 127.0.0.1 --engine helper -c 5', {
    status: 4,
    matches: /npm install @rxray\/linux-x64@/,
  });
  ok('where it has lost them, as some versions of npm do, rxray says which package to add');
  project('pnpm', `npm init -y && pnpm add rxray --registry ${REGISTRY}`);
  project('pnpm', 'node_modules/.bin/rxray --version --json', { matches: /"origin": "platform package"/ });
  project('pnpm', 'node_modules/.bin/probe 127.0.0.1 --engine connect -c 20', {
    matches: ANSWERED,
  });
  ok('pnpm');
  project(
    'yarn',
    `echo '{"name":"p"}' > package.json && touch yarn.lock && yarn config set npmRegistryServer ${REGISTRY.slice(0, -1)} && yarn config set unsafeHttpWhitelist 127.0.0.1 && yarn config set enableTelemetry 0 && yarn config set enableGlobalCache false && yarn add rxray && test -f .pnp.cjs`,
  );
  project('yarn', 'yarn rxray --version --json', { matches: /unplugged[\s\S]*"origin": "platform package"/ });
  project('yarn', 'yarn probe 127.0.0.1 --engine connect -c 20', { matches: ANSWERED });
  ok('Yarn with Plug’n’Play');
  stop();

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
}

function packages() {
  const sums = readFileSync(join(packagesFolder, 'SHA256SUMS'), 'utf8');
  const names = [...sums.matchAll(/ {2}(rxray\S*\.tgz)$/gm)].map(([, name]) => name);
  // Those of the platforms first: who sees rxray must be able to get them.
  return names.sort((a, b) => b.length - a.length);
}
