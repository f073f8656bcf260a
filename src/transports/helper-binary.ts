import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../model/errors.js';
import { packageFolder } from './package-folder.js';
import type { HelperName } from './transport.js';

/**
 * The path of a helper on this host: in the folder RXRAY_HELPERS names when set, else in that of the build.
 *
 * @throws CodedError E_HELPER when there is none
 */
export function findHelper(helper: HelperName): string {
  const folder = process.env.RXRAY_HELPERS ?? join(packageFolder(), 'native', 'build');
  const path = join(folder, helper);
  if (existsSync(path)) return path;
  throw new CodedError('E_HELPER', `${helper} is not built: no ${path}`, 'run npm run build', 4);
}
