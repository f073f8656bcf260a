// A Debian that was just installed, without compilers, for one verification each: what is done in it is gone after.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, output, step } from '../../step.mjs';
import { cacheFolder } from '../places.mjs';

const SUITE = 'bookworm';
/** What setcap comes in; a mail server or a compiler is not among what these bring. */
const INCLUDED = ['libcap2-bin', 'passwd', 'iproute2', 'debconf', 'libstdc++6'];

/** Made once, outside the checkout. @returns its folder, which must not be changed */
export function cleanRoot() {
  const folder = cacheFolder(`debian-${SUITE}-root`);
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return join(folder, 'root');
  if (!output('which', ['debootstrap'])) fail('debootstrap is missing: apt-get install debootstrap');
  const mirror = output('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'])?.split('\n')[0];
  rmSync(join(folder, 'root'), { recursive: true, force: true });
  step('debootstrap', ['--variant=minbase', `--include=${INCLUDED.join(',')}`, SUITE, join(folder, 'root'), mirror]);
  writeFileSync(ready, '');
  return join(folder, 'root');
}

/**
 * Runs a module's `inside(folder, ...)` in namespaces of its own, with a fresh copy of the clean root to write to and
 * no network but loopback.
 *
 * @param module URL of the module
 * @param about is handed to it as JSON
 */
export function insideCleanRoot(module, about) {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-clean-'));
  const runner = fileURLToPath(new URL('./inside.mjs', import.meta.url));
  const program = fileURLToPath(module);
  try {
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(folder, name));
    const words = [process.execPath, runner, program, folder, cleanRoot(), JSON.stringify(about)];
    const { status } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', ...words], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`the check in a clean Debian failed (${status})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
