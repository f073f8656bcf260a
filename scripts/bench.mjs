#!/usr/bin/env node
// Builds when something is newer than the build, then measures: `npm run bench -- [PART…] [--json FILE]
// [--seconds N]`, or --help. Needs root for the namespaces.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, step } from './step.mjs';

const program = join(root, 'dist/test/bench/bench.js');
if (isStale()) {
  step('node', ['scripts/setup.mjs', '--for', 'test']);
  step('node', ['scripts/build.mjs']);
}
const asRoot = process.getuid() === 0 ? [] : ['sudo'];
const [command, ...args] = [...asRoot, process.execPath, program, ...process.argv.slice(2)];
// Ctrl-C goes to the whole group; the bench cleans up, and this one waits for it.
process.on('SIGINT', () => {});
step(command, args, { quiet: true });

function isStale() {
  const built = [
    join(root, 'dist/.tsbuildinfo'),
    join(root, 'native/build/rxray-prober'),
    join(root, 'native/build/rxray-tracer'),
  ];
  if (![...built, program].every((path) => existsSync(path))) return true;
  const [script, ...helpers] = built.map((path) => statSync(path).mtimeMs);
  return (
    newest(['src', 'test'], /\.(ts|css)$/) > script ||
    newest(['native/prober', 'native/helper', 'native/tracer'], /\.[ch]$/) > Math.min(...helpers)
  );
}

function newest(folders, wanted) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => wanted.test(name))
      .map((name) => join(root, folder, name)),
  );
  return Math.max(0, ...files.map((path) => statSync(path).mtimeMs));
}
