// Runs in the namespaces that clean-root.mjs makes: ends what debootstrap began for another processor, by emulation.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PLATFORMS } from '../platforms.mjs';
import { emulate } from './user-namespace.mjs';

const [, , root, platform] = process.argv;
spawnSync('mount', ['--make-rprivate', '/']);
emulate(PLATFORMS.find(({ name }) => name === platform));
spawnSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
// No device can be made in a user namespace: debootstrap tries none where it takes itself for a container of this kind.
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', container: 'lxc' };
const words = [root, '/bin/sh', '/debootstrap/debootstrap', '--second-stage'];
process.exit(spawnSync('/usr/sbin/chroot', words, { stdio: ['ignore', 'inherit', 'inherit'], env }).status ?? 1);
