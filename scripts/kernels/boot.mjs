// Boots a guest in an emulated machine and brings back what it wrote.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, output, step } from '../step.mjs';
import { EMULATORS } from './matrix.mjs';
import { makeWire } from './wire.mjs';

const DISK_BYTES = 64 * 2 ** 20;

/** Cards of a guest: the first one is the server's, with several queues and, where the emulator can, RSS. */
export function cardsOf(kernel) {
  const { program } = EMULATORS[kernel.architecture];
  const known =
    output(program, ['-device', 'help']) ??
    fail(`${program} is missing: apt-get install ${EMULATORS[kernel.architecture].package}`);
  const wanted = [
    { driver: 'virtio_net', device: 'virtio-net-pci,mq=on,vectors=10,rss=on,hash=on', queues: 4 },
    { driver: 'e1000e', device: 'e1000e', queues: 1 },
    { driver: 'igb', device: 'igb', queues: 1 },
    ...(kernel.architecture === 'amd64' ? [{ driver: 'vmxnet3', device: 'vmxnet3', queues: 1 }] : []),
  ];
  return wanted.filter(({ device }) => known.includes(`name "${device.split(',')[0]}"`));
}

/**
 * @param cards of the guest; [] for none
 * @param seconds after which it is ended
 * @returns whether it ended by itself, how long it took, and the folder with what it wrote
 */
export async function boot(kernel, { vmlinuz, initrd, cards, seconds, append = '', memory = 1024 }, folder) {
  const { program, machine, parameters } = EMULATORS[kernel.architecture];
  const disk = join(folder, 'out.tar');
  const handle = openSync(disk, 'w');
  ftruncateSync(handle, DISK_BYTES);
  closeSync(handle);
  const wire =
    cards.length === 0
      ? undefined
      : makeWire(
          kernel.name,
          cards.map(({ queues }) => queues),
        );
  const words = [
    ...['-display', 'none', '-no-reboot', '-monitor', 'none', '-m', String(memory), '-smp', '2', ...machine],
    ...['-kernel', vmlinuz, '-initrd', initrd],
    ...['-append', `${parameters} quiet panic=-1 net.ifnames=0 ${append}`],
    ...['-serial', `file:${join(folder, 'console.txt')}`, '-nodefaults'],
    ...['-drive', `file=${disk},if=none,format=raw,id=out`, '-device', 'virtio-blk-pci,drive=out'],
    ...cards.flatMap(({ device, queues }, index) => [
      ...[
        '-netdev',
        `tap,id=n${index},ifname=${wire.taps[index]},script=no,downscript=no,vhost=off` +
          (queues > 1 ? `,queues=${queues}` : ''),
      ],
      ...['-device', `${device},netdev=n${index},mac=02:00:ac:4d:00:${10 + index}`],
    ]),
  ];
  const inside = wire === undefined ? [] : ['ip', 'netns', 'exec', wire.namespace];
  const [command, ...rest] = ['nice', '-n', '5', ...inside, program, ...words];
  const began = performance.now();
  try {
    const ended = await new Promise((resolve, reject) => {
      const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
      const timer = setTimeout(() => child.kill('SIGTERM'), seconds * 1000);
      child.on('error', reject);
      child.on('exit', (status) => {
        clearTimeout(timer);
        resolve(status === 0);
      });
    });
    const out = join(folder, 'out');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    const unpacked = spawnSync('tar', ['-x', '-f', disk, '-C', out], { stdio: 'ignore' });
    rmSync(disk);
    return { ended: ended && unpacked.status === 0, seconds: (performance.now() - began) / 1000, out };
  } finally {
    wire?.remove();
  }
}

/** Compiles a static program for a guest. */
export function guestProgram(kernel, source, to) {
  const cc = kernel.architecture === 'amd64' ? 'x86_64-linux-gnu-gcc' : 'aarch64-linux-gnu-gcc';
  step(cc, ['-O2', '-fno-omit-frame-pointer', '-static', '-D_GNU_SOURCE', '-Wall', '-Werror', '-o', to, source], {
    quiet: true,
  });
  return to;
}
