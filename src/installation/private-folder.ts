import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../model/errors.js';
import { sha256 } from './sha256.js';

/**
 * Where the single executable puts the programs it carries, so that they can be run: the user's own cache, or, where
 * there is no home to write to, the folder for temporary files.
 */
function candidates(): string[] {
  const cache = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return [join(cache, 'rxray'), join(tmpdir(), `rxray-${process.getuid?.() ?? 0}`)];
}

/**
 * Puts a program where it can be run, unless it is there with these bytes already, and gives its path. The name says
 * the bytes, so that two versions of rxray never wait for, nor overwrite, each other's.
 *
 * @throws CodedError E_UNPACK when no folder can be had that is this user's alone
 */
export function unpackProgram(name: string, bytes: Uint8Array): string {
  const hash = sha256(bytes);
  const refused: string[] = [];
  for (const folder of candidates()) {
    try {
      requirePrivate(folder);
      const path = join(folder, `${name}-${hash.slice(0, 16)}`);
      if (!holds(path, hash)) write(path, bytes);
      if (!holds(path, hash)) throw new Error(`${path} does not keep what is written to it`);
      return path;
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new CodedError(
    'E_UNPACK',
    `no private folder for the helpers: ${refused.join('; ')}`,
    'set XDG_CACHE_HOME to a folder of your own',
    4,
  );
}

/** Makes the folder, or takes one that nobody else can write to. A link may lead anywhere: it is refused. */
function requirePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is no folder`);
  if (found.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user (${found.uid})`);
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function holds(path: string, hash: string): boolean {
  try {
    const found = lstatSync(path);
    if (!found.isFile() || found.uid !== process.getuid?.() || (found.mode & 0o777) !== 0o500) return false;
    return sha256(readFileSync(path)) === hash;
  } catch {
    return false;
  }
}

/** Under a name of its own first: whoever starts it meanwhile gets a whole program or none. */
function write(path: string, bytes: Uint8Array): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, bytes, { mode: 0o500, flag: 'wx' });
  renameSync(draft, path);
}
