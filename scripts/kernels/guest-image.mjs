// The root of a test guest: busybox, tools of Debian, our static helpers, the kernel's modules, and what to run.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianFiles } from '../debian/files.mjs';
import { fail, output, step } from '../step.mjs';
import { moduleOrder } from './module-order.mjs';
import { xzDecompress } from './xz.mjs';

const GUEST = fileURLToPath(new URL('guest', import.meta.url));

const BUSYBOX = ['busybox-static'];
/** Tools that busybox has not, or not with these devices, and the libraries that they may want. */
const TOOLS = [
  ...['iproute2', 'ethtool', 'nftables', 'ipvsadm', 'wireguard-tools', 'libc6', 'libgcc-s1', 'libbpf1', 'libelf1'],
  ...['zlib1g', 'libmnl0', 'libbsd0', 'libmd0', 'libcap2', 'libselinux1', 'libpcre2-8-0', 'libtirpc3', 'libxtables12'],
  ...['libgssapi-krb5-2', 'libkrb5-3', 'libkrb5support0', 'libk5crypto3', 'libkeyutils1', 'libcom-err2', 'libssl3'],
  ...['libnftables1', 'libnftnl11', 'libjansson4', 'libgmp10', 'libedit2', 'libtinfo6', 'libnl-3-200'],
  ...['libnl-genl-3-200', 'libpopt0'],
];
const PROGRAMS = ['sbin/ip', 'bin/ip', 'sbin/tc', 'sbin/ethtool', 'usr/sbin/ethtool', 'usr/sbin/nft'].concat(
  ...['sbin/ipvsadm', 'usr/sbin/ipvsadm', 'usr/bin/wg'],
);

/**
 * @param parts what the guest runs, of guest/
 * @param modules names of the kernel modules it loads, with what they depend on; [] for a guest without
 * @param extra files to put in, by their place in the guest
 * @returns the file of the image
 */
export function guestImage(kernel, { files, helpers, parts, modules, extra = {}, tools = true }, folder) {
  const root = join(folder, 'root');
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['bin', 'usr/sbin', 'usr/bin', 'sbin', 'modules', 'guest'])
    mkdirSync(join(root, part), { recursive: true });
  const busybox = join(debianFiles(kernel.architecture, BUSYBOX), 'bin/busybox');
  install(busybox, join(root, 'bin/busybox'));
  if (tools) copyPrograms(debianFiles(kernel.architecture, TOOLS), root);
  for (const name of readdirSync(helpers).filter((one) => one.startsWith('rxray-')))
    install(join(helpers, name), join(root, 'usr/bin', name));
  install(join(GUEST, 'init'), join(root, 'init'));
  for (const part of [...parts, 'lib']) copyFileSync(join(GUEST, part), join(root, 'guest', part));
  writeFileSync(join(root, 'parts'), `${parts.join('\n')}\n`);
  for (const [place, file] of Object.entries(extra)) install(file, join(root, place));
  const order = moduleOrder(files.modules, modules);
  for (const file of order) {
    const to = join(root, 'modules', basename(file).replace(/\.xz$/, ''));
    if (file.endsWith('.xz')) writeFileSync(to, xzDecompress(file));
    else copyFileSync(file, to);
  }
  const names = order.map((file) => basename(file).replace(/\.xz$/, ''));
  writeFileSync(join(root, 'modules/order'), names.map((name) => `${name}\n`).join(''));
  const image = join(folder, 'initrd');
  step('sh', ['-c', 'cd "$1" && find . | cpio -o -H newc --quiet > "$2"', 'sh', root, image], {
    quiet: true,
  });
  return image;
}

function install(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** Programs with all libraries that they name, found in the same unpacked packages. */
function copyPrograms(from, root) {
  const libraries = new Map();
  for (const folder of ['lib', 'usr/lib', 'lib64']) {
    const base = join(from, folder);
    if (!existsSync(base)) continue;
    for (const entry of readdirSync(base, { recursive: true })) {
      if (/\.so(\.|$)/.test(entry)) libraries.set(basename(entry), join(base, entry));
    }
  }
  const todo = PROGRAMS.filter((place) => existsSync(join(from, place))).map((place) => join(from, place));
  for (const place of todo) install(realpathSync(place), join(root, 'usr/sbin', basename(place)));
  const done = new Set();
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    for (const name of needed(file)) {
      const library = libraries.get(name);
      if (library === undefined || done.has(name)) continue;
      done.add(name);
      const real = resolveIn(from, library);
      // The loader goes by its full name, the others are found in its default folders.
      const places = name.startsWith('ld-linux') ? ['lib', 'lib64'] : ['usr/lib'];
      for (const folder of places) install(real, join(root, folder, name));
      todo.push(real);
    }
  }
}

/** Names of libraries and of the loader that a program or library asks for. */
function needed(file) {
  const dynamic = output('readelf', ['-d', '-l', file]) ?? fail(`readelf cannot read ${file}`);
  const names = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const loader = /interpreter: (.+)\]/.exec(dynamic)?.[1];
  return loader === undefined ? names : [...names, basename(loader)];
}

/** A link of an unpacked package may be absolute: it is meant within the packages. */
function resolveIn(_, file) {
  return realpathSync(file);
}
