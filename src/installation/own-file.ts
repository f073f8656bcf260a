import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './package-folder.js';
import { carriedFile, isSingleFile } from './single-file.js';

/**
 * A file that came with rxray.
 *
 * @param name its path in the package: `package.json`, `dist/src/report/page/report-page.js`
 */
export function ownFile(name: string): Buffer {
  return isSingleFile() ? carriedFile(name) : readFileSync(join(packageFolder(), name));
}
