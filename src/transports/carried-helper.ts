import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageFolder } from '../installation/package-folder.js';
import { PLATFORM, platformPackage } from '../installation/platform.js';
import { unpackProgram } from '../installation/private-folder.js';
import { carriedFile, isSingleFile } from '../installation/single-file.js';
import type { HelperName } from './transport.js';

/** Where a helper came from that nobody had to grant anything. */
export type HelperOrigin = 'single file' | 'platform package' | 'build';

export interface CarriedHelper {
  readonly path: string;
  readonly origin: HelperOrigin;
}

/** The helper that came with this rxray for this machine, by package or by build; undefined when there is none. */
export function carriedHelper(helper: HelperName): CarriedHelper | undefined {
  if (isSingleFile()) {
    return { path: unpackProgram(helper, carriedFile(`helpers/${helper}`)), origin: 'single file' };
  }
  const inPackage = join(platformFolder() ?? '', helper);
  if (platformFolder() !== undefined && existsSync(inPackage)) return { path: inPackage, origin: 'platform package' };
  const built = join(packageFolder(), 'native', 'build', helper);
  return existsSync(built) ? { path: built, origin: 'build' } : undefined;
}

/** The folder of the npm package with this machine's helpers, as the package manager laid it. */
function platformFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${platformPackage(PLATFORM)}/package.json`));
  } catch {
    return undefined;
  }
}
