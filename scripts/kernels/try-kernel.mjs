// One kernel of the matrix: its guest is made and booted, and what it wrote is read.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelpers } from '../package/helpers.mjs';
import { manifest } from '../package/places.mjs';
import { PLATFORMS } from '../package/platforms.mjs';
import { root } from '../step.mjs';
import { boot, cardsOf, guestProgram } from './boot.mjs';
import { guestImage } from './guest-image.mjs';
import { headerFiles, kernelFiles, unpackedKernel } from './kernel-files.mjs';
import { EMULATORS } from './matrix.mjs';
import { holdModule } from './module.mjs';

/** In this order: a later part may be cut off where a machine is slow. */
const PARTS = [
  ...['capabilities', 'network', 'probes', 'stalls', 'syscalls', 'sparing', 'limits'],
  ...['queues', 'tunnels', 'netem'],
];
const SHORT = ['capabilities', 'stalls-short'];
const FIXTURE = fileURLToPath(new URL('guest/fixture.c', import.meta.url));
const MOST_SECONDS = 600;

/** Modules of a guest: of its disk and its cards, of tunnels and translation, and of what disturbs packets. */
const MODULES = [
  ...['crc32c_generic', 'virtio_pci', 'virtio_blk', 'virtio_net', 'e1000e', 'igb', 'vmxnet3'],
  ...['veth', 'ipip', 'vxlan', 'geneve', 'wireguard', 'sch_netem'],
  ...['nf_tables', 'nft_chain_nat', 'nft_nat', 'nft_compat', 'nf_conntrack', 'ip_vs', 'ip_vs_rr'],
];

/**
 * @param only parts of PARTS that are run again; what the others gave before stays
 */
export async function tryKernel(kernel, folder, only = PARTS) {
  console.error(`– Linux ${kernel.name}, ${kernel.architecture}`);
  const helpers = helpersFor(kernel);
  const files = kernelFiles(kernel);
  mkdirSync(folder, { recursive: true });
  const parts = PARTS.filter((part) => only.includes(part) || part === 'network');
  const what = { files, helpers, parts, modules: MODULES, extra: fixtures(kernel, folder) };
  const initrd = guestImage(kernel, what, folder);
  const cards = cardsOf(kernel);
  const done = await boot(kernel, { vmlinuz: files.vmlinuz, initrd, cards, seconds: MOST_SECONDS }, folder);
  const about = {
    kernel: kernel.name,
    architecture: kernel.architecture,
    suite: kernel.suite,
    release: files.release,
    package: files.package.split(' ')[0],
    date: new Date().toISOString().slice(0, 10),
    rxray: manifest.version,
    emulator: emulatorVersion(kernel),
    bootSeconds: Math.round(done.seconds),
    cardsTried: cards,
    parts,
  };
  writeFileSync(join(folder, 'about.json'), JSON.stringify(about));
  if (!existsSync(join(done.out, 'done'))) return { ...about, because: `nothing came back within ${MOST_SECONDS} s` };
  return readAgain(kernel, folder);
}

/** A guest without cards and tools, that shows what the helpers can do, and two ways of stalling. */
export async function tryShortly(kernel, folder) {
  const files = kernelFiles(kernel);
  mkdirSync(folder, { recursive: true });
  const extra = fixtures(kernel, folder);
  const what = { files, helpers: helpersFor(kernel), parts: SHORT, modules: ['virtio_pci', 'virtio_blk'], extra };
  const initrd = guestImage(kernel, { ...what, tools: false }, folder);
  const vmlinuz = unpackedKernel(kernel, files, join(folder, 'vmlinux'));
  const guest = { vmlinuz, initrd, cards: [], seconds: 180, memory: 512, append: 'maxcpus=1' };
  const done = await boot(kernel, guest, folder);
  const about = { kernel: kernel.name, release: files.release, bootSeconds: Math.round(done.seconds) };
  if (!done.ended || !existsSync(join(done.out, 'done'))) {
    const said = readFileSync(join(folder, 'console.txt'), 'utf8').slice(-2000);
    return { ...about, because: `the guest ${done.ended ? 'ended' : 'was ended'} before its time:\n${said}` };
  }
  const { readShortResults } = await import('./read-results.mjs');
  return { ...about, ...readShortResults(done.out) };
}

function fixtures(kernel, folder) {
  return {
    'usr/bin/fixture': guestProgram(kernel, FIXTURE, `${folder}-fixture`),
    'modules/rxray_hold.ko': holdModule(kernel, headerFiles(kernel), `${folder}-module`),
  };
}

/** Reads what the last boot wrote. */
export async function readAgain(_kernel, folder) {
  const { cardsTried, parts, ...about } = JSON.parse(readFileSync(join(folder, 'about.json'), 'utf8'));
  const { readResults } = await import('./read-results.mjs');
  const out = join(folder, 'out');
  // A machine too slow for all of them is ended; what it did counts.
  const done = readFileSync(join(out, 'done'), 'utf8').trim().split('\n');
  return {
    ...about,
    ...readResults(
      out,
      cardsTried,
      parts.filter((part) => done.includes(part)),
    ),
  };
}

const built = new Map();

/** Static helpers: this machine's from the build, the other architecture's made anew, once. */
function helpersFor({ architecture }) {
  const platform = PLATFORMS.find(({ debian }) => debian === architecture);
  if (platform.cpu === process.arch) return join(root, 'native/build');
  if (!built.has(platform)) built.set(platform, buildHelpers(platform));
  return built.get(platform);
}

function emulatorVersion({ architecture }) {
  const [line = ''] = execFileSync(EMULATORS[architecture].program, ['--version'], { encoding: 'utf8' }).split('\n');
  return `QEMU ${/version ([\d.]+)/.exec(line)?.[1] ?? '?'}, software emulation`;
}
