#!/usr/bin/env node
// Builds everything that is handed out into packages/, or the parts that are named. `--verify [PART...]` shows that it
// works, on clean machines; what was not built yet is built before.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './package/bundle.mjs';
import { makeDeb } from './package/deb.mjs';
import { buildHelpers, helperHashes } from './package/helpers.mjs';
import { makeKrew } from './package/krew.mjs';
import { libraryNotices, nodeNotice, notice, npmNotices } from './package/notice.mjs';
import { packNpm } from './package/npm-packages.mjs';
import { basePackages, makeImage } from './package/oci.mjs';
import { packagesFolder, sha256, workFolder } from './package/places.mjs';
import { ownPlatform, PLATFORMS } from './package/platforms.mjs';
import {
  debianComponents,
  helperComponents,
  nodeComponents,
  npmComponents,
  productionFolders,
  sbom,
} from './package/sbom.mjs';
import { makeSingleFile, nodeFolder, SINGLE_FILE_NODE, singleFileName } from './package/single-file.mjs';
import { fail, root, step } from './step.mjs';

const PARTS = ['helpers', 'npm', 'single-file', 'krew', 'deb', 'image'];
const words = process.argv.slice(2);

if (words.includes('--verify')) {
  if (!existsSync(join(packagesFolder, 'SHA256SUMS'))) await buildPackages([]);
  const { verify } = await import('./package/verify/verify.mjs');
  process.exitCode = await verify(words.filter((word) => word !== '--verify'));
} else {
  await buildPackages(words);
}

/** @param parts what to build anew, of PARTS; what it is made of must be there then */
async function buildPackages(parts) {
  const unknown = parts.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) fail(`there is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`);
  const wanted = (part) => parts.length === 0 || parts.includes(part);
  step('node', ['scripts/build.mjs'], { quiet: true });
  if (parts.length === 0) rmSync(packagesFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  const helpers = PLATFORMS.map((platform) => {
    if (wanted('helpers')) tell(`helpers for ${platform.name}`);
    const folder = wanted('helpers') ? buildHelpers(platform) : join(workFolder, 'helpers', platform.name);
    return { platform, folder, hashes: helperHashes(folder) };
  });
  if (wanted('npm')) await makeNpm(helpers);
  const bundled = join(workFolder, 'rxray.cjs');
  const folders = await bundle(bundled);
  const own = join(nodeFolder(ownPlatform(), SINGLE_FILE_NODE), 'bin/node');
  const inside = [...npmComponents(folders), ...nodeComponents([own])];
  const executables = helpers.map(({ platform, folder, hashes }) => {
    const node = nodeNotice(SINGLE_FILE_NODE, nodeFolder(platform, SINGLE_FILE_NODE));
    const notices = notice([...npmNotices(folders), ...libraryNotices(), node]);
    const program = join(packagesFolder, singleFileName(platform));
    return {
      platform,
      folder,
      hashes,
      notices,
      program,
      components: [...inside, ...helperComponents(platform, hashes)],
    };
  });
  for (const { platform, notices, components, ...helper } of executables) {
    if (wanted('single-file')) {
      tell(`single executable for ${platform.name}`);
      writeSbom(await makeSingleFile(platform, bundled, helper, notices), components);
    }
    if (wanted('deb')) {
      tell(`Debian package for ${platform.debian}`);
      writeSbom(makeDeb(platform, helper, notices, await helperCapabilities()), components);
    }
  }
  if (wanted('krew')) {
    tell('plugin of kubectl');
    const archives = makeKrew(PLATFORMS);
    for (const { name, platform } of archives) {
      writeSbom(name, executables.find((one) => one.platform === platform).components);
    }
  }
  if (wanted('image')) makeOci(executables);
  writeSums();
}

async function makeNpm(helpers) {
  tell('npm packages');
  const [own, ...platforms] = await packNpm(helpers);
  writeSbom(own, npmComponents(productionFolders()));
  for (const [index, name] of platforms.entries()) {
    const { platform, hashes } = helpers[index];
    writeSbom(name, helperComponents(platform, hashes));
  }
}

function makeOci(executables) {
  tell('container image');
  const base = executables.flatMap(({ platform }) => debianComponents(basePackages(platform), platform.debian));
  writeSbom(makeImage(executables), [...executables.flatMap(({ components }) => components), ...base]);
}

/** What setcap gives each helper, from the one list. */
async function helperCapabilities() {
  return (await import(join(root, 'dist/src/kernel/helper-rights.js'))).HELPER_CAPABILITIES;
}

function writeSbom(name, components) {
  writeFileSync(
    join(packagesFolder, `${name}.cdx.json`),
    sbom(name, readFileSync(join(packagesFolder, name)), components),
  );
}

function writeSums() {
  const names = readdirSync(packagesFolder)
    .filter((name) => name !== 'SHA256SUMS' && statSync(join(packagesFolder, name)).isFile())
    .sort();
  const lines = names.map((name) => `${sha256(readFileSync(join(packagesFolder, name)))}  ${name}\n`);
  writeFileSync(join(packagesFolder, 'SHA256SUMS'), lines.join(''));
  for (const name of names) {
    const mebibytes = statSync(join(packagesFolder, name)).size / 2 ** 20;
    console.log(`${mebibytes.toFixed(1).padStart(7)} MiB  packages/${name}`);
  }
}

function tell(what) {
  console.error(`– ${what}`);
}
