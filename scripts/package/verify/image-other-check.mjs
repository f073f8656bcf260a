// The container image of the other architecture, by emulation: its own files as root directory, as nobody.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagesFolder, version } from '../places.mjs';
import { otherPlatform } from '../platforms.mjs';
import { TIERS } from '../tiers.mjs';
import { ANSWERED } from './answered.mjs';
import { insideCleanRoot } from './clean-root.mjs';

/** The account of the image, without any capability. */
const NOBODY = '65532:65532';

export async function checkOtherImage() {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-image-'));
  try {
    const platform = otherPlatform();
    const image = unpack(join(packagesFolder, `rxray-${version}-oci.tar`), platform, folder);
    await insideCleanRoot(import.meta.url, { image }, platform);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In the clean root. */
export function inside({ root, expect, ok }, { image }) {
  cpSync(image, join(root, 'image'), { recursive: true, verbatimSymlinks: true });
  expect(
    'mkdir -p /image/proc && mount -t proc proc /image/proc && mkdir -p -m 1777 /image/tmp && chmod 1777 /image/tmp',
  );
  const { command } = TIERS.find(({ name }) => name === 'restricted');
  const contained = (words) => `setpriv --no-new-privs chroot --userspec=${NOBODY} /image ${words}`;
  expect(contained('cat /proc/self/status'), { matches: [/CapEff:\s+0{16}\n/, /NoNewPrivs:\s+1\n/, /Uid:\s+65532\s/] });
  expect(contained(`rxray ${command.join(' ')} -c 20 -i 500ms`), { matches: ANSWERED });
  ok(`tier restricted: ${['rxray', ...command].join(' ')} works, as ${NOBODY}, CapEff 0, NoNewPrivs 1`);
  ok(
    'not shown here: seccomp, as the emulator makes its own system calls; tiers probe and trace, which take a machine',
  );
}

/** @returns the root directory that the layers of a platform make */
function unpack(archive, { oci }, folder) {
  const layout = join(folder, 'layout');
  const rootfs = join(folder, 'rootfs');
  for (const made of [layout, rootfs]) mkdirSync(made);
  must('tar', ['-xf', archive, '-C', layout]);
  const blob = (digest) => join(layout, 'blobs', digest.replace(':', '/'));
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
  const [whole] = read(join(layout, 'index.json')).manifests;
  const own = read(blob(whole.digest)).manifests.find(({ platform }) => platform.architecture === oci);
  for (const { digest } of read(blob(own.digest)).layers) must('tar', ['-xzf', blob(digest), '-C', rootfs]);
  return rootfs;
}

function must(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
