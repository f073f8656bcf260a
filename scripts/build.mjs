#!/usr/bin/env node
// Builds the helpers into native/build and the TypeScript into dist.
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, step } from './step.mjs';

if (!existsSync(join(root, 'node_modules/.bin/tsc'))) fail('Nothing is installed yet: run npm run setup first.');
// A test that was deleted or renamed in the sources must not live on in the build.
rmSync(join(root, 'dist'), { recursive: true, force: true });
step('make', ['--no-print-directory', '-j2', '-C', 'native', 'all'], { quiet: true });
step('node_modules/.bin/tsc', ['-p', '.'], { quiet: true });
const main = join(root, 'dist/src/main.js');
chmodSync(main, 0o755);
// So that `npx rxray` and `npx probe` mean this checkout, and ask no registry.
for (const name of Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin)) {
  const link = join(root, 'node_modules/.bin', name);
  rmSync(link, { force: true });
  symlinkSync(main, link);
}
