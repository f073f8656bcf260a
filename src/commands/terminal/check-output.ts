import { fstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CodedError } from '../../model/errors.js';
import { isPartOf } from '../../recording/part-names.js';

/** A file that a run reads or writes, and what it is to it. */
export interface UsedFile {
  readonly path: string | undefined;
  /** For people: `the recording`, `the hosts file`. */
  readonly what: string;
  /** Its content goes to numbered files beside it too. */
  readonly rotates?: boolean | undefined;
}

/** On the command line. */
export const STANDARD_STREAM = '-';

/**
 * No run may overwrite what it reads, nor write two things to one file, by whatever name or link. Standard output
 * counts where the shell sent it to a file.
 *
 * @throws CodedError E_OUTPUT
 */
export function checkOutputs(outputs: readonly UsedFile[], inputs: readonly UsedFile[]): void {
  for (const [index, output] of outputs.entries()) {
    for (const other of [...outputs.slice(0, index), ...inputs]) {
      if (output.path === undefined || other.path === undefined || !areOne(output, other)) continue;
      const name = output.path === STANDARD_STREAM ? 'standard output' : output.path;
      throw new CodedError(
        'E_OUTPUT',
        `${name} is ${other.what} as well as ${output.what}`,
        'give them names of their own',
        2,
      );
    }
  }
}

function areOne(one: UsedFile, other: UsedFile): boolean {
  const [a = '', b = ''] = [one.path, other.path];
  if (a === STANDARD_STREAM && b === STANDARD_STREAM) return false;
  if (one.rotates === true && isPartOf(realName(a), realName(b))) return true;
  if (other.rotates === true && isPartOf(realName(b), realName(a))) return true;
  const [found, otherFound] = [statOf(one), statOf(other)];
  if (found && otherFound) {
    // A device or pipe may be read and written at once.
    return found.isFile() && found.dev === otherFound.dev && found.ino === otherFound.ino;
  }
  return found === undefined && otherFound === undefined && realName(a) === realName(b);
}

function statOf({ path = '' }: UsedFile): Stats | undefined {
  try {
    return path === STANDARD_STREAM ? fstatSync(1) : statSync(path);
  } catch {
    return undefined;
  }
}

/** Of a file that may have yet to be made. */
function realName(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return resolve(path);
  }
}
