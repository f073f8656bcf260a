#!/usr/bin/env node
// Types, formatting, lint, layer rules, and that generated files are current. `--format-native` lays C out instead.
import { fail, output, step } from './step.mjs';

const sources = (output('git', ['ls-files', '-co', '--exclude-standard', 'native/*.c', 'native/*.h']) ?? '')
  .split('\n')
  .filter((path) => path !== '' && !path.endsWith('.gen.h') && !path.endsWith('vmlinux.h'));
if (sources.length === 0) fail('no C sources found: run this in a git checkout');

if (process.argv.includes('--format-native')) {
  step('clang-format', ['-i', ...sources], { quiet: true });
} else {
  step('node', ['scripts/generate-frames.mjs', '--check']);
  step('node', ['scripts/generate-syscalls.mjs', '--check']);
  step('node', ['scripts/generate-manual.mjs', '--check']);
  step('node_modules/.bin/biome', [
    'ci',
    '--error-on-warnings',
    ...(process.stderr.isTTY ? [] : ['--colors=off']),
    '.',
  ]);
  step('node_modules/.bin/tsc', ['-p', '.', '--noEmit']);
  step('node_modules/.bin/depcruise', ['--config', '.dependency-cruiser.mjs', 'src', 'test']);
  console.error(`$ clang-format --dry-run -Werror (${sources.length} files)`);
  step('clang-format', ['--dry-run', '-Werror', ...sources], { quiet: true });
}
