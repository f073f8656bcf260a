import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../installation/sha256.js';
import type { HelperName } from './transport.js';

/**
 * Folders of helpers that were given their capabilities: by `rxray doctor --fix`, and by the Debian package. Neither is
 * touched by an upgrade of an npm package, and nobody but root can change what is in them.
 */
export const GRANTED_FOLDER = '/usr/local/lib/rxray';
const GRANTED_FOLDERS = [GRANTED_FOLDER, '/usr/lib/rxray'];

/** Whose members may run granted helpers. */
export const GRANTED_GROUP = 'rxray';

/** A helper in one of those folders, and whether it can be taken. */
export type Granted =
  | { readonly path: string; readonly taken: true }
  | { readonly path: string; readonly taken: false; readonly why: string };

/**
 * The granted helpers of a name, the first to be taken first to be told.
 *
 * @param expected SHA-256 that it must have; undefined where there is nothing to compare with
 */
export function grantedHelpers(
  helper: HelperName,
  expected: () => string | undefined,
  folders: readonly string[] = GRANTED_FOLDERS,
  owner = 0,
): Granted[] {
  return folders.flatMap((folder) => {
    const path = join(folder, helper);
    const why = whyNot(path, expected, owner);
    if (why === 'none') return [];
    return [why === undefined ? { path, taken: true } : { path, taken: false, why }];
  });
}

/** `none` where there is no such file. */
function whyNot(path: string, expected: () => string | undefined, owner: number): string | undefined {
  try {
    for (const place of [dirname(path), path]) {
      const found = lstatSync(place);
      if (found.isSymbolicLink()) return `${place} is a link`;
      if (found.uid !== owner) return `${place} does not belong to root`;
      if ((found.mode & 0o022) !== 0) return `${place} can be changed by others than root`;
    }
    const bytes = readFileSync(path);
    const wanted = expected();
    if (wanted === undefined) return 'this rxray does not know which helper belongs to it';
    return sha256(bytes) === wanted ? undefined : 'it is of another build of rxray';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
    if (code === 'EACCES') return `only members of the group ${GRANTED_GROUP} may run it`;
    throw error;
  }
}
