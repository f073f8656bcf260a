#!/usr/bin/env node
// Builds the helpers into native/build and the TypeScript into dist.
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, step } from './step.mjs';

if (!existsSync(join(root, 'node_modules/.bin/tsc'))) fail('Nothing is installed yet: run npm run setup first.');
// A test that was deleted or renamed in the sources must not live on in the build.
rmSync(join(root, 'dist'), { recursive: true, force: true });
step('make', ['--no-print-directory', '-j2', '-C', 'native', 'all'], { quiet: true });
step('node_modules/.bin/tsc', ['-p', '.'], { quiet: true });
chmodSync(join(root, 'dist/src/main.js'), 0o755);
