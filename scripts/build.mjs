#!/usr/bin/env node
// Builds the helpers into native/build and the TypeScript into dist.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeBuildInfo } from './package/build-info.mjs';
import { helperHashes } from './package/helpers.mjs';
import { fail, root, sideBySide, TSC } from './step.mjs';

/** A test that was deleted or renamed in the sources must not live on in the build; the rest stays, so that tsc has little to do. */
function removeOrphans() {
  const dist = join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = name.match(/^((?:src|test)\/.*)\.js(?:\.map)?$/)?.[1];
    if (source === undefined || source.startsWith('src/report/page/')) continue;
    if (!existsSync(join(root, `${source}.ts`))) rmSync(join(dist, name), { force: true });
  }
}

async function bundlePage() {
  const { build } = await import('esbuild');
  const page = join(root, 'src/report/page');
  await build({
    entryPoints: [join(page, 'report-page.ts'), join(page, 'report-page.css')],
    outdir: join(root, 'dist/src/report/page'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16'],
    // What the charts are drawn with is in every report: so is its licence.
    banner: { js: `/*! uPlot\n${readFileSync(join(root, 'node_modules/uplot/LICENSE'), 'utf8')}*/` },
    logLevel: 'warning',
  });
}

if (!existsSync(join(root, TSC))) fail('Nothing is installed yet: run npm run setup first.');
removeOrphans();
await sideBySide(
  [
    ['make', '--no-print-directory', '-s', '-j2', '-C', 'native', 'all'],
    [TSC, '-p', '.'],
    // The script and the style of reports run in browsers: checked against those, and bundled with the charts they draw.
    [TSC, '-p', 'src/report/page'],
  ],
  { quiet: true },
);
const { bundlePrograms } = await import('./package/programs.mjs');
await Promise.all([bundlePage(), bundlePrograms()]);
writeBuildInfo(join(root, 'dist/build.json'), {
  kind: 'checkout',
  helpers: { [`${process.platform}-${process.arch}`]: helperHashes(join(root, 'native/build')) },
});
// So that `npx rxray` and `npx probe` mean this checkout, and ask no registry.
for (const [name, file] of Object.entries(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin)) {
  const link = join(root, 'node_modules/.bin', name);
  chmodSync(join(root, file), 0o755);
  rmSync(link, { force: true });
  symlinkSync(join(root, file), link);
}
