// What rxray is packaged for. Each name is Node.js' own for it; Debian, OCI and the compilers have others.
import { output } from '../step.mjs';

/** The libraries, as Debian packages, that Node.js is linked with there: `libraries`. */
export const PLATFORMS = [
  {
    name: 'linux-x64',
    cpu: 'x64',
    machine: 'x86_64',
    debian: 'amd64',
    oci: 'amd64',
    gnu: 'x86_64-linux-gnu',
    libraries: ['libc6', 'libgcc-s1', 'libstdc++6'],
  },
  {
    name: 'linux-arm64',
    cpu: 'arm64',
    machine: 'aarch64',
    debian: 'arm64',
    oci: 'arm64',
    gnu: 'aarch64-linux-gnu',
    libraries: ['libc6', 'libgcc-s1', 'libstdc++6'],
  },
];

/** The machine this runs on. */
export function ownPlatform() {
  const own = PLATFORMS.find(({ cpu }) => cpu === process.arch);
  if (own === undefined) throw new Error(`packages are built on x64 or arm64, not on ${process.arch}`);
  return own;
}

/** The one that takes an emulator here. */
export function otherPlatform() {
  return PLATFORMS.find(({ cpu }) => cpu !== process.arch);
}

/** Whether programs of a platform run here, by the processor or by qemu, and with which command before them. */
export function runnerOf(platform) {
  if (platform.cpu === process.arch) return [];
  const qemu = output('which', [`qemu-${platform.machine}-static`]);
  if (!qemu) throw new Error(`qemu-${platform.machine}-static is missing: apt-get install qemu-user-static`);
  return [qemu];
}
