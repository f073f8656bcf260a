import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageFolder } from '../installation/package-folder.js';
import { PLATFORM, platformPackage } from '../installation/platform.js';
import { unpackProgram } from '../installation/private-folder.js';
import { sha256 } from '../installation/sha256.js';
import { carriedFile, isSingleFile } from '../installation/single-file.js';
import type { HelperName } from './transport.js';

/** Where a helper came from that nobody had to grant anything. */
export type HelperOrigin = 'single file' | 'platform package' | 'build';

export interface CarriedHelper {
  readonly origin: HelperOrigin;
  /** SHA-256 of its bytes. */
  hash(): string;
  /** Where it can be run. Out of the single executable it is unpacked now. @throws CodedError E_UNPACK */
  path(): string;
}

/** The helper that came with this rxray for this machine, by package or by build; undefined when there is none. */
export function carriedHelper(helper: HelperName): CarriedHelper | undefined {
  if (isSingleFile()) {
    const bytes = (): Buffer => carriedFile(`helpers/${helper}`);
    return { origin: 'single file', hash: () => sha256(bytes()), path: () => unpackProgram(helper, bytes()) };
  }
  const packaged = platformFolder(PLATFORM);
  if (packaged !== undefined && existsSync(join(packaged, helper)))
    return onDisk('platform package', join(packaged, helper));
  const built = join(packageFolder(), 'native', 'build', helper);
  return existsSync(built) ? onDisk('build', built) : undefined;
}

/** The helper of another platform, where its package was installed beside rxray; undefined where it was not. */
export function packagedHelper(helper: HelperName, platform: string): string | undefined {
  const folder = platformFolder(platform);
  const path = folder === undefined ? undefined : join(folder, helper);
  return path !== undefined && existsSync(path) ? path : undefined;
}

function onDisk(origin: HelperOrigin, path: string): CarriedHelper {
  return { origin, hash: () => sha256(readFileSync(path)), path: () => path };
}

/** The folder of the npm package with the helpers of a platform, as the package manager laid it. */
function platformFolder(platform: string): string | undefined {
  if (isSingleFile()) return undefined;
  try {
    return dirname(createRequire(import.meta.url).resolve(`${platformPackage(platform)}/package.json`));
  } catch {
    return undefined;
  }
}
