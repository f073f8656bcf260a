// A Debian that was just installed, without compilers, for one verification each: what is done in it is gone after.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, output, step } from '../../step.mjs';
import { cacheFolder } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { runInUserNamespace } from './user-namespace.mjs';

const SUITE = 'bookworm';
/** What setcap comes in; a mail server or a compiler is not among what these bring. */
const INCLUDED = ['libcap2-bin', 'passwd', 'iproute2', 'debconf', 'libstdc++6'];

/** Made once, outside the checkout. @returns its folder, which must not be changed */
export async function cleanRoot(platform = ownPlatform()) {
  const isOwn = platform.name === ownPlatform().name;
  const folder = cacheFolder(isOwn ? `debian-${SUITE}-root` : `debian-${SUITE}-${platform.debian}-root`);
  const [ready, made] = [join(folder, 'ready'), join(folder, 'root')];
  if (existsSync(ready)) return made;
  if (!output('which', ['debootstrap'])) fail('debootstrap is missing: apt-get install debootstrap');
  const mirror = output('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'])?.split('\n')[0];
  rmSync(made, { recursive: true, force: true });
  const words = [
    '--variant=minbase',
    `--arch=${platform.debian}`,
    `--include=${INCLUDED.join(',')}`,
    SUITE,
    made,
    mirror,
  ];
  step('debootstrap', isOwn ? words : ['--foreign', ...words]);
  if (!isOwn && (await runInside(platform, new URL('./second-stage.mjs', import.meta.url), made)) !== 0)
    throw new Error(`the second stage of debootstrap failed in ${made}`);
  writeFileSync(ready, '');
  return made;
}

/**
 * Runs a module's `inside(folder, ...)` in namespaces of its own, with a fresh copy of the clean root to write to and
 * no network but loopback.
 *
 * @param module URL of the module
 * @param about is handed to it as JSON
 * @param platform whose programs the root has; another than that of this machine is emulated
 */
export async function insideCleanRoot(module, about, platform = ownPlatform()) {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-clean-'));
  const lower = await cleanRoot(platform);
  try {
    const runner = new URL('./inside.mjs', import.meta.url);
    const status = await runInside(platform, runner, fileURLToPath(module), folder, lower, JSON.stringify(about));
    if (status !== 0) throw new Error(`the check in a clean Debian failed (${status})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a script in namespaces of its own; where programs are emulated also of users, as that is for this script alone. */
function runInside(platform, script, ...about) {
  const isOwn = platform.name === ownPlatform().name;
  const words = [process.execPath, fileURLToPath(script), ...about];
  if (!isOwn) return runInUserNamespace([...words, platform.name]);
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  return spawnSync('unshare', [...namespaces, ...words, platform.name], { stdio: 'inherit' }).status;
}
