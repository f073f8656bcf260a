import { readFileSync } from 'node:fs';
import { buildInfo } from '../installation/build-info.js';
import { PLATFORM } from '../installation/platform.js';
import { sha256 } from '../installation/sha256.js';
import { packageVersion } from '../installation/version.js';
import { PRIVILEGED_HELPERS } from '../kernel/helper-rights.js';
import { CodedError } from '../model/errors.js';
import { present } from '../model/present.js';
import { locateHelper } from '../transports/helper-binary.js';
import type { HelperName } from '../transports/transport.js';
import type { Io } from './terminal/io.js';

/** `rxray --version --json`: what exactly runs here, for a ticket. */
export async function printVersion(io: Io): Promise<number> {
  const { commit, date, kind, helpers } = buildInfo();
  const document = {
    name: 'rxray',
    version: packageVersion(),
    ...present({ commit, date }),
    build: kind,
    node: process.version,
    platform: PLATFORM,
    helpers: Object.fromEntries(
      [...PRIVILEGED_HELPERS, 'rxray-icmp' as const].map((name) => [
        name,
        helperVersion(name, helpers[PLATFORM]?.[name]),
      ]),
    ),
  };
  await io.out(`${JSON.stringify(document, null, 2)}\n`);
  return 0;
}

/** @param belongs SHA-256 of the one that was built with this rxray */
function helperVersion(name: HelperName, belongs: string | undefined) {
  try {
    const { path, origin } = locateHelper(name);
    return { path, origin, sha256: sha256(readFileSync(path)), ...present({ belongs }) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { missing: error.message, ...present({ belongs }) };
  }
}
