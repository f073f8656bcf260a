import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildInfo } from '../installation/build-info.js';
import { packageFolder } from '../installation/package-folder.js';
import { PACKAGED_PLATFORMS, PLATFORM, platformPackage } from '../installation/platform.js';
import { packageVersion } from '../installation/version.js';
import { CodedError } from '../model/errors.js';
import { type CarriedHelper, carriedHelper, type HelperOrigin, packagedHelper } from './carried-helper.js';
import { type Granted, grantedHelpers } from './granted-helper.js';
import type { HelperName } from './transport.js';

export interface FoundHelper {
  readonly path: string;
  readonly origin: 'environment' | 'granted' | HelperOrigin;
  /** Granted helpers that were passed over, and why. */
  readonly refused: readonly Granted[];
}

/**
 * A helper on this host, and where it is from. In this order: the folder RXRAY_HELPERS names, which then is the only
 * one; a helper that was granted its capabilities, if it has the bytes that belong to this rxray; what came with the
 * package or the single file; what was built from source.
 *
 * @throws CodedError E_HELPER when there is none
 */
export function locateHelper(helper: HelperName): FoundHelper {
  const named = process.env.RXRAY_HELPERS;
  if (named !== undefined) {
    const path = join(named, helper);
    if (existsSync(path)) return { path, origin: 'environment', refused: [] };
    throw new CodedError('E_HELPER', `no ${helper} in ${named}, which RXRAY_HELPERS names`, 'correct or unset it', 4);
  }
  const carried = carriedHelper(helper);
  const granted = grantedHelpers(helper, () => expectedHash(helper, carried));
  const taken = granted.find((found) => found.taken);
  if (taken !== undefined) return { path: taken.path, origin: 'granted', refused: [] };
  if (carried !== undefined) return { path: carried.path(), origin: carried.origin, refused: granted };
  throw new CodedError('E_HELPER', `there is no ${helper} for ${PLATFORM}`, howToGetHelpers(), 4);
}

/** The path of a helper on this host. @throws CodedError E_HELPER when there is none */
export function findHelper(helper: HelperName): string {
  return locateHelper(helper).path;
}

/**
 * A helper for a machine of another platform: in the folder of the platform's name within RXRAY_HELPERS, where that is
 * set; else in the platform's package beside rxray.
 */
export function findHelperFor(helper: HelperName, platform: string): string | undefined {
  const named = process.env.RXRAY_HELPERS;
  if (named === undefined) return packagedHelper(helper, platform);
  const path = join(named, platform, helper);
  return existsSync(path) ? path : undefined;
}

/** What a granted helper must be: the very one that came with this rxray, or that was built with it. */
function expectedHash(helper: HelperName, carried: CarriedHelper | undefined): string | undefined {
  return carried?.hash() ?? buildInfo().helpers[PLATFORM]?.[helper];
}

/** One sentence on what to add, by how this rxray came here. */
export function howToGetHelpers(): string {
  const native = join(packageFolder(), 'native');
  const build = `make -C ${native} helpers`;
  if (buildInfo().kind === 'checkout') return 'run npm run build';
  if (!PACKAGED_PLATFORMS.includes(PLATFORM)) return `nothing is packaged for ${PLATFORM}: build them with ${build}`;
  const add = `${platformPackage(PLATFORM)}@${packageVersion()}`;
  return `add the package with them beside rxray: npm install ${add} (with -g if rxray was installed so); or build them: ${build}`;
}
