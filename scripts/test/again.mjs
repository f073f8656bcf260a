// Files whose tests failed run once more, when all others have ended. Most tests here judge real time on a machine of two
// CPUs that others use as well: what fails beside them may tell of the machine. What fails twice is at fault, and so is a
// test in which somebody innocent was accused, once is enough there, or many at once. All of it is told.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** With more than these at once something is broken. */
const MOST_FILES = 3;
/** Of test/verdicts/innocent.ts. */
const ACCUSATION = /somebody innocent is accused/;

/**
 * @param failures of the tests of `paths`, as the tally has them: `file`, `title`, `words`
 * @returns files that may run again; none if a failure is final
 */
export function filesToRunAgain(failures, paths) {
  if (failures.some(({ words }) => ACCUSATION.test(words))) return [];
  const files = new Set(failures.flatMap(({ file }) => filesOf(file, paths)));
  return files.size > MOST_FILES ? [] : [...files];
}

/** Tests may be declared by a file that several import: then those. */
function filesOf(file, paths) {
  if (paths.includes(file)) return [file];
  const imported = `/${basename(file)}'`;
  return paths.filter((path) => readFileSync(path, 'utf8').includes(imported));
}
