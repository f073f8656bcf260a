#!/usr/bin/env node
// Types, formatting, lint, layer rules, what nobody uses, and that generated files are current, side by side.
// `--quick` is types, formatting and lint alone; `--format-native` lays C out instead.
import { fail, output, sideBySide, step, TSC } from './step.mjs';

const sources = (output('git', ['ls-files', '-co', '--exclude-standard', 'native/*.c', 'native/*.h']) ?? '')
  .split('\n')
  .filter((path) => path !== '' && !path.endsWith('.gen.h') && !path.endsWith('vmlinux.h'));
if (sources.length === 0) fail('no C sources found: run this in a git checkout');

if (process.argv.includes('--format-native')) {
  step('clang-format', ['-i', ...sources], { quiet: true });
} else {
  const lint = [
    'node_modules/.bin/biome',
    'ci',
    '--error-on-warnings',
    ...(process.stderr.isTTY ? [] : ['--colors=off']),
    '.',
  ];
  const types = [TSC, '-p', '.', '--noEmit'];
  // The longest first.
  const all = [
    ['node_modules/.bin/depcruise', '--config', '.dependency-cruiser.mjs', 'src', 'test'],
    lint,
    ['node_modules/.bin/knip'],
    ['clang-format', '--dry-run', '-Werror', ...sources],
    types,
    ['node', 'scripts/generate-syscalls.mjs', '--check'],
    ['node', 'scripts/generate-manual.mjs', '--check'],
    ['node', 'scripts/generate-frames.mjs', '--check'],
    ['node', 'scripts/kernels.mjs', '--check'],
  ];
  await sideBySide(process.argv.includes('--quick') ? [lint, types] : all);
}
