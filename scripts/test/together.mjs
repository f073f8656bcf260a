// Many small files of tests in one process: to start one and to load what it needs takes longer than most of them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MOST = 16;
/** What changes its process, or looks at its memory, has one to itself. */
const ALONE =
  /process\.(env\.\w+ = |chdir\(|exitCode = |argv\[1\]|memoryUsage\()|mock\.timers|^(before|beforeEach|afterEach)\(/m;

/**
 * Puts files into bundles, each of which is a file that imports some of them.
 *
 * @param paths of built tests, none of which takes long
 * @returns files to run in their place
 */
export function together(paths) {
  const alone = paths.filter((path) => ALONE.test(readFileSync(path, 'utf8')));
  const others = paths.filter((path) => !alone.includes(path));
  const bundles = Math.ceil(others.length / MOST);
  if (bundles === 0) return alone;
  const folder = mkdtempSync(join(tmpdir(), 'rxray-together-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const files = Array.from({ length: bundles }, (_, index) => {
    const file = join(folder, `together-${index + 1}.test.mjs`);
    // Neighbours are often of one kind: dealt out, the long ones do not meet in one.
    const own = others.filter((_, at) => at % bundles === index);
    writeFileSync(file, own.map((path) => `import '${pathToFileURL(path)}';\n`).join(''));
    return file;
  });
  return [...files, ...alone];
}
