// What was downloaded stays outside the checkout, so that a fresh clone does not download it again.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder of the project's cache, made where it is missing. */
export function cacheFolder(name) {
  const base = process.env.RXRAY_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rxray');
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
