// Kernels of Debian with their modules, unpacked and kept outside the checkout.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptOptions, dependencies, downloadPackages, updateLists } from '../debian/apt.mjs';
import { cacheFolder } from '../debian/cache.mjs';
import { fail, step } from '../step.mjs';
import { isXz, xzUnpack } from './xz.mjs';

/**
 * A kernel of the matrix as files; downloaded unless it is there.
 *
 * @returns `vmlinuz`, `modules` (lib/modules/RELEASE), `release` and `package` (name and version)
 */
export function kernelFiles(kernel) {
  const folder = join(cacheFolder('kernels'), kernel.name);
  if (!existsSync(join(folder, 'package.txt'))) download(kernel, folder);
  const all = ['usr/lib/modules', 'lib/modules']
    .map((part) => join(folder, 'root', part))
    .find((path) => existsSync(path));
  const [release] = readdirSync(all);
  const modules = join(all, release);
  // Newer suites keep the kernel beside its modules.
  const vmlinuz = [join(folder, 'root/boot', `vmlinuz-${release}`), join(modules, 'vmlinuz')];
  return {
    vmlinuz: vmlinuz.find((path) => existsSync(path)),
    modules,
    release,
    package: readFileSync(join(folder, 'package.txt'), 'utf8').trim(),
  };
}

/**
 * The kernel without its packing, which an emulated processor would need seconds for; it is begun as a hypervisor begins
 * it (PVH).
 *
 * @param to the file that it is written to
 * @returns that file, or the packed one where the kernel is packed by something else
 */
export function unpackedKernel({ architecture }, { vmlinuz }, to) {
  if (architecture !== 'amd64') return vmlinuz;
  const image = readFileSync(vmlinuz);
  // Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length. The size unpacked stands behind it.
  const begin = (image.readUInt8(0x1f1) + 1) * 512 + image.readUInt32LE(0x248);
  const packed = image.subarray(begin, begin + image.readUInt32LE(0x24c) - 4);
  if (!isXz(packed)) return vmlinuz;
  writeFileSync(to, xzUnpack(packed));
  return to;
}

/** Whether kernel and headers are there, so that nothing is downloaded. */
export function isThere({ name }) {
  const has = (...parts) => existsSync(join(cacheFolder('kernels'), ...parts));
  return has(name, 'package.txt') && has(`${name}-headers`, 'root/usr/src');
}

/** The headers of the same kernel, unpacked: what modules are built against. */
export function headerFiles(kernel) {
  const folder = join(cacheFolder('kernels'), `${kernel.name}-headers`);
  const { release } = kernelFiles(kernel);
  const wanted = [`linux-headers-${release}`];
  if (!existsSync(join(folder, 'root/usr/src', wanted[0]))) {
    const options = listsOf(kernel);
    updateLists(options);
    wanted.push(...dependencies(options, wanted[0]).filter((name) => /^linux-headers-.*-common/.test(name)));
    unpack(options, wanted, folder);
  }
  return join(folder, 'root');
}

function listsOf({ suite, architecture }) {
  return aptOptions(architecture, cacheFolder(`kernels/apt-${suite}-${architecture}`), suite);
}

function download(kernel, folder) {
  console.error(`– downloading Linux ${kernel.name} of Debian ${kernel.suite}, ${kernel.architecture}`);
  const options = listsOf(kernel);
  updateLists(options);
  // The general name depends on a kernel, which may in turn only point to the package that holds it.
  const wanted = withKernel(options, kernel.image);
  if (wanted.length === 0) fail(`no kernel behind ${kernel.image} of ${kernel.suite}`);
  unpack(options, wanted, folder);
}

/** Appears whole or not at all: half a kernel would be taken for one by the next run. */
function unpack(options, names, folder) {
  const half = `${folder}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(join(half, 'debs'), { recursive: true });
  downloadPackages(options, names, join(half, 'debs'));
  for (const deb of readdirSync(join(half, 'debs')))
    step('dpkg', ['-x', join(half, 'debs', deb), join(half, 'root')], { quiet: true });
  const debs = readdirSync(join(half, 'debs')).map((deb) => deb.replace(/\.deb$/, '').replaceAll('%3a', ':'));
  rmSync(join(half, 'debs'), { recursive: true });
  writeFileSync(join(half, 'package.txt'), `${debs.sort().join(' ')}\n`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(half, folder);
}

/** A package and what it depends on of the kernel's: image, modules, binary. */
function withKernel(options, name, seen = new Set()) {
  for (const dependency of dependencies(options, name)) {
    if (!/^linux-(image|modules|binary)-/.test(dependency) || seen.has(dependency)) continue;
    seen.add(dependency);
    withKernel(options, dependency, seen);
  }
  return [...seen];
}
