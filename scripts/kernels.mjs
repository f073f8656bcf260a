#!/usr/bin/env node
// Boots the kernels of the matrix, or those that are named, with our helpers, and prints what was seen in each; writes it
// to docs/kernels/NAME.json, the table of all to docs/kernels.md, and what rxray says of kernels to src/kernel.
// `--table` writes the table alone, `--check` says whether it is what the results say, `--list` names the kernels,
// `--read NAME` reads the last boot's files anew, `--only=stalls` runs some parts of guest/ again and keeps what the
// others gave.
// `--fetch NAME` downloads one alone, `--short NAME` boots it without cards and prints what was seen; it downloads
// nothing: status 3 where that would be needed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './debian/cache.mjs';
import { KERNELS } from './kernels/matrix.mjs';
import { kernelsPage } from './kernels/page.mjs';
import { triedKernels } from './kernels/tried.mjs';
import { fail, output, root } from './step.mjs';

const results = join(root, 'docs/kernels');
const words = process.argv.slice(2);
const named = words.filter((word) => !word.startsWith('--'));

if (words.includes('--list')) {
  for (const { name, suite, architecture } of KERNELS)
    console.log(`${name.padEnd(12)} ${architecture}, Debian ${suite}`);
} else if (words.includes('--check')) {
  for (const [path, text] of generated()) {
    if (!existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
      fail(`${path} is not what docs/kernels/*.json say: npm run kernels -- --table`);
  }
} else if (words.includes('--fetch') || words.includes('--short')) {
  await runShortly();
} else if (words.includes('--table')) {
  writePage();
} else {
  await run();
}

async function run() {
  const unknown = named.filter((name) => !KERNELS.some((kernel) => kernel.name === name));
  if (unknown.length > 0)
    fail(`no kernel ${unknown.join(', ')}; there are ${KERNELS.map(({ name }) => name).join(', ')}`);
  const wanted = KERNELS.filter(({ name }) => named.length === 0 || named.includes(name));
  const { tryKernel, readAgain } = await import('./kernels/try-kernel.mjs');
  const only = words
    .find((word) => word.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',');
  mkdirSync(results, { recursive: true });
  for (const kernel of wanted) {
    const folder = join(cacheFolder('kernels'), `${kernel.name}-guest`);
    const result = words.includes('--read') ? await readAgain(kernel, folder) : await tryKernel(kernel, folder, only);
    if (result.because !== undefined) console.error(`  ${kernel.name}: ${result.because}`);
    const file = join(results, `${kernel.name}.json`);
    const before = only !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    writeFileSync(file, `${JSON.stringify({ ...before, ...result }, null, 2)}\n`);
  }
  output('node_modules/.bin/biome', ['format', '--write', 'docs/kernels']);
  writePage();
  console.log(kernelsPage(readAll().filter(({ kernel }) => wanted.some(({ name }) => name === kernel))));
}

async function runShortly() {
  const { isThere, headerFiles } = await import('./kernels/kernel-files.mjs');
  const kernel = KERNELS.find(({ name }) => name === named[0]) ?? fail(`no kernel ${named[0]}`);
  if (words.includes('--fetch')) {
    if (!isThere(kernel)) headerFiles(kernel);
    return;
  }
  if (!isThere(kernel)) {
    console.error(`Linux ${kernel.name} is not here: node scripts/kernels.mjs --fetch ${kernel.name}`);
    process.exit(3);
  }
  const { tryShortly } = await import('./kernels/try-kernel.mjs');
  const folder = join(cacheFolder('kernels'), `${kernel.name}-short-${process.pid}`);
  try {
    console.log(JSON.stringify(await tryShortly(kernel, folder)));
  } finally {
    for (const path of [folder, `${folder}-fixture`, `${folder}-module`])
      rmSync(path, { recursive: true, force: true });
  }
}

function writePage() {
  for (const [path, text] of generated()) {
    writeFileSync(join(root, path), text);
    console.error(`– ${path}`);
  }
}

function generated() {
  const all = readAll();
  return [
    ['docs/kernels.md', kernelsPage(all)],
    ['src/kernel/tried-kernels.gen.ts', triedKernels(all)],
  ];
}

/** In the order of the matrix. */
function readAll() {
  const files = existsSync(results) ? readdirSync(results) : [];
  return KERNELS.filter(({ name }) => files.includes(`${name}.json`)).map(({ name }) =>
    JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8')),
  );
}
