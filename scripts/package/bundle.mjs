// All of rxray in one file of JavaScript, for the single executable.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../step.mjs';

/** The library reads its WebAssembly from the folder it lies in; here it becomes a part of the bundle. */
const zstdInside = {
  name: 'zstd-inside',
  setup({ onLoad }) {
    onLoad({ filter: /zstd-wasm\/dist\/common\/index\.node\.js$/ }, ({ path }) => {
      const reading = "yield readFile(resolve(__dirname, './zstd.wasm'))";
      const source = readFileSync(path, 'utf8');
      if (!source.includes(reading)) throw new Error('zstd-wasm loads its WebAssembly in another way now');
      return { contents: source.replace(reading, "require('./zstd.wasm')"), loader: 'js' };
    });
  },
};

/** A function of blessed that nobody calls loads all of its widgets, and with them modules that are not installed. */
const blessedParts = {
  name: 'blessed-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.\/$/ }, ({ importer }) =>
      importer.endsWith('blessed/lib/unicode.js') ? { path: 'blessed', namespace: 'nothing' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({
      contents: 'module.exports = { screen: {} };',
      loader: 'js',
    }));
  },
};

/**
 * Bundles the built rxray.
 *
 * @param outfile where to
 * @returns the folders of the npm packages that went into it, sorted
 */
export async function bundle(outfile) {
  mkdirSync(dirname(outfile), { recursive: true });
  const { metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'dist/src/single-file-main.js')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    loader: { '.wasm': 'binary' },
    plugins: [zstdInside, blessedParts],
    // Modules that nobody put inside are looked for from the folder of the executable on.
    define: { 'import.meta.url': 'rxrayUrl' },
    banner: { js: 'const rxrayUrl=require("node:url").pathToFileURL(process.execPath).href;' },
    logLevel: 'error',
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  return bundledPackages(Object.keys(metafile.inputs));
}

/** The folders of the npm packages that files of a bundle come from, sorted. */
export function bundledPackages(inputs) {
  const folders = inputs.flatMap((input) => input.match(/^(node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/** Where a file of an npm package is. */
export function packageFile(name) {
  return createRequire(join(root, 'package.json')).resolve(name);
}
