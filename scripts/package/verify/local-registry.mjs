// A registry of npm packages on loopback, with rxray's and, as nothing else can be reached, what they depend on.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, root, step } from '../../step.mjs';
import { npmTarball } from '../npm-tarball.mjs';
import { cacheFolder } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { productionFolders } from '../sbom.mjs';
import { nodeFolder } from '../single-file.mjs';

const VERDACCIO = '6.10.4';
const VERDACCIO_NODE = '22.23.3';
/** It asks for the release under a tag, which mirrors of the registry do not have. */
const NODE_FETCH = '2.7.0';
export const REGISTRY = 'http://127.0.0.1:4873/';

/** Fetches all that the registry is made of and will hold. To be called where the npm registry can be reached. */
export function prepareRegistry() {
  const program = cacheFolder(`verdaccio-${VERDACCIO}`);
  if (!existsSync(join(program, 'node_modules/verdaccio'))) {
    const wanted = { private: true, dependencies: { verdaccio: VERDACCIO }, overrides: { 'node-fetch': NODE_FETCH } };
    writeFileSync(join(program, 'package.json'), JSON.stringify(wanted));
    const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    step('npm', ['install', '--prefix', program, ...quietly]);
  }
  const tarballs = productionFolders().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return npmTarball(`${name}@${version}`);
  });
  // It wants a newer Node.js than rxray does.
  const node = join(nodeFolder(ownPlatform(), VERDACCIO_NODE), 'bin/node');
  return { node, program, tarballs };
}

/** Starts it in a folder of its own. @returns how to end it */
export async function startRegistry({ node, program, tarballs }, folder) {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `storage: ${join(folder, 'storage')}
auth: { htpasswd: { file: ${join(folder, 'htpasswd')}, max_users: -1 } }
uplinks: {}
packages: { '@*/*': { access: $all, publish: $anonymous }, '**': { access: $all, publish: $anonymous } }
log: { type: file, path: ${join(folder, 'log')}, level: warn }
max_body_size: 100mb
`,
  );
  const words = [
    join(program, 'node_modules/verdaccio/bin/verdaccio'),
    '--config',
    config,
    '--listen',
    '127.0.0.1:4873',
  ];
  const child = spawn(node, words, { stdio: 'ignore', cwd: folder });
  for (
    let tries = 0;
    !(await fetch(`${REGISTRY}-/ping`).then(
      (answer) => answer.ok,
      () => false,
    ));
    tries += 1
  ) {
    if (tries > 300) throw new Error('the local registry does not answer');
    await sleep(200);
  }
  for (const file of tarballs) await put(file);
  return () => child.kill();
}

/** What npm publish sends. */
async function put(file) {
  const bytes = readFileSync(file);
  const manifest = JSON.parse(
    output('tar', ['-xOzf', file, '--wildcards', '--no-wildcards-match-slash', '*/package.json']),
  );
  const { name, version } = manifest;
  const attachment = `${name}-${version}.tgz`;
  const dist = {
    shasum: createHash('sha1').update(bytes).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    tarball: `${REGISTRY}${name}/-/${attachment}`,
  };
  const body = {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    _attachments: {
      [attachment]: { content_type: 'application/octet-stream', data: bytes.toString('base64'), length: bytes.length },
    },
  };
  const answer = await fetch(`${REGISTRY}${name.replace('/', '%2f')}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok && answer.status !== 409)
    throw new Error(`${name}@${version}: ${answer.status} ${await answer.text()}`);
}
