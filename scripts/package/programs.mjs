// The programs that are run, each command's modules in few files: of some 300 files Node.js takes twice as long to start.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../step.mjs';
import { bundledPackages } from './bundle.mjs';

/** They read files of their own folder, or are compiled where they are installed: they stay packages. */
export const NOT_BUNDLED = ['@bokuweb/zstd-wasm', 'blessed', 'cap', 'raw-socket'];

/** Where they are built to, from the folder of the package. */
export const PROGRAMS = 'dist/bin';

/** By the names that people call them by. */
const COMMANDS = {
  rxray: 'main.js',
  probe: 'bin/probe.js',
  bisect: 'bin/bisect.js',
  'kubectl-rxray': 'bin/kubectl-rxray.js',
};
/** The programs of the engines lie as they do in the sources. They share no file with commands, which would be in more. */
const ENGINES = ['connect', 'portable', 'request'];

/**
 * Bundles what the compiler built in dist/src into dist/bin.
 *
 * @returns the folders of the npm packages that went into it, sorted
 */
export async function bundlePrograms() {
  rmSync(join(root, PROGRAMS), { recursive: true, force: true });
  const bundles = await Promise.all([
    bundleOf(Object.entries(COMMANDS).map(([out, source]) => ({ out, in: join(root, 'dist/src', source) }))),
    ...ENGINES.map((engine) =>
      bundleOf([{ out: `${engine}/main`, in: join(root, 'dist/src/engines', engine, 'main.js') }]),
    ),
  ]);
  return bundledPackages(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
}

/** zod's messages in fifty languages, of which rxray speaks one. */
const oneLanguage = {
  name: 'one-language',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/** How many columns a text takes help alone asks: the tables of Unicode for it take 25 ms to read. */
const widthsWhenAsked = {
  name: 'widths-when-asked',
  setup({ onLoad }) {
    onLoad({ filter: /\/string-width\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(
          /^const segmenter = new Intl\.Segmenter\(\);$/m,
          'let made;\nconst segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };',
        )
        .replace(
          /^const rgiEmojiRegex = (\/\S+\/v);$/m,
          'let emoji;\nconst rgiEmojiRegex = { test: (text) => (emoji ??= $1).test(text) };',
        ),
      loader: 'js',
    }));
  },
};

function bundleOf(entryPoints) {
  return build({
    absWorkingDir: root,
    entryPoints,
    outdir: join(root, PROGRAMS),
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    external: NOT_BUNDLED,
    plugins: [oneLanguage, widthsWhenAsked],
    // What was written for CommonJS asks for modules of Node.js by `require`.
    banner: {
      js: "import{createRequire as rxrayRequire}from'node:module';const require=rxrayRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

/** A program without the comment that leads to its map, as it is published. */
export function withoutMap(file) {
  return readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
}
