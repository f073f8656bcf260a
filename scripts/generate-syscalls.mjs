#!/usr/bin/env node
// Makes the tables of system calls, native/tracer/syscalls/syscalls_table.gen.h and src/codec/syscall-table.gen.ts:
// numbers and constants from the kernel's headers for user space (Debian: linux-libc-dev), names and kinds of
// arguments from native/tracer/syscalls/syscall-arguments.json.
// `--arguments FILE` makes the latter from include/linux/syscalls.h (Debian: linux-headers-VERSION-common).
// `--check` writes nothing and exits 1 when a table says other things than the headers of this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ARGUMENTS = join(root, 'native/tracer/syscalls/syscall-arguments.json');

/** Calls whose prototype stands under another name. */
const PROTOTYPES = {
  mmap: 'mmap_pgoff',
  mmap2: 'mmap_pgoff',
  stat: 'newstat',
  lstat: 'newlstat',
  fstat: 'newfstat',
  uname: 'newuname',
  umount2: 'umount',
  sendfile: 'sendfile64',
  _llseek: 'llseek',
  _newselect: 'select',
  stat64: 'newstat',
  fstat64: 'newfstat',
  lstat64: 'newlstat',
  ugetrlimit: 'getrlimit',
  pread: 'pread64',
  pwrite: 'pwrite64',
};

/** Flags by the call's argument that carries them; each is a set of constants below. */
const FLAGS = {
  'open.flags': 'open',
  'openat.flags': 'open',
  'mmap_pgoff.prot': 'prot',
  'mmap_pgoff.flags': 'map',
  'mprotect.prot': 'prot',
  'futex.op': 'futex',
  'unlinkat.flag': 'at',
  'newfstatat.flag': 'at',
  'statx.flags': 'at',
  'linkat.flags': 'at',
  'fchownat.flag': 'at',
  'execveat.flags': 'at',
  'epoll_ctl.op': 'epoll',
  'pipe2.flags': 'open',
  'dup3.flags': 'open',
  ...Object.fromEntries(
    ['clock_gettime', 'clock_settime', 'clock_getres', 'clock_nanosleep', 'clock_adjtime'].map((call) => [
      `${call}.which_clock`,
      'clock',
    ]),
  ),
  'timer_create.which_clock': 'clock',
  'timerfd_create.clockid': 'clock',
};

/** Calls that an architecture has of its own, whose prototypes no shared header has; the order of their arguments. */
const OF_ARCHITECTURE = {
  arch_prctl: [
    ['option', 'archprctl'],
    ['addr', 'hex'],
  ],
  rt_sigreturn: [],
  sigreturn: [],
  iopl: [['level', 'signed']],
  modify_ldt: [
    ['func', 'signed'],
    ['ptr', 'pointer'],
    ['bytecount', 'unsigned'],
  ],
  set_thread_area: [['u_info', 'pointer']],
  get_thread_area: [['u_info', 'pointer']],
};

/** `#define`s of a header, with values that are numbers or made of those before. */
const SETS = {
  open: { header: 'asm/fcntl.h', prefix: /^O_(?!ACCMODE|NDELAY)/ },
  prot: { header: 'asm/mman.h', prefix: /^PROT_/ },
  map: { header: 'linux/mman.h', prefix: /^MAP_(?!TYPE|FILE|HUGE_)/ },
  at: { header: 'linux/fcntl.h', prefix: /^AT_(?!FDCWD|STATX_SYNC_TYPE|STATX_SYNC_AS|EACCESS|RECURSIVE)/ },
  futex: {
    header: 'linux/futex.h',
    prefix: /^FUTEX_(?!.*PRIVATE$|CMD_MASK|WAITV_MAX|OP_|.*WAITERS|.*OWNER|.*TID_MASK|BITSET|32)/,
  },
  epoll: { header: 'linux/eventpoll.h', prefix: /^EPOLL_CTL_/ },
  clock: { header: 'linux/time.h', prefix: /^CLOCK_/ },
  archprctl: { header: 'asm/prctl.h', prefix: /^ARCH_/ },
};

/** Definitions of a header after the preprocessor. */
function defines(header, options = []) {
  const text = execFileSync('cc', ['-E', '-dM', ...options, '-x', 'c', '-'], {
    input: `#include <${header}>\n`,
    encoding: 'utf8',
  });
  return new Map([...text.matchAll(/^#define (\w+) (.+)$/gm)].map(([, name, value]) => [name, value]));
}

function numbers(header, options) {
  const found = defines(header, options);
  const value = (text) => {
    const sum = /^\(?(\w+)(?:\s*\+\s*(\d+))?\)?$/.exec(text.trim());
    if (!sum) return Number.NaN;
    const base = /^\d/.test(sum[1]) ? Number(sum[1]) : found.has(sum[1]) ? value(found.get(sum[1])) : Number.NaN;
    return base + Number(sum[2] ?? 0);
  };
  const calls = [];
  for (const [key, text] of found) {
    const name = /^__NR_(?!syscalls$|arch_specific)(\w+)$/.exec(key)?.[1];
    const number = name === undefined ? Number.NaN : value(text);
    if (!Number.isInteger(number) || /^3264_/.test(name)) continue;
    calls.push([number, name]);
  }
  return calls.sort((a, b) => a[0] - b[0]);
}

function constants({ header, prefix }) {
  const found = defines(header);
  const value = (text) => {
    const words = text.replaceAll(/[A-Z_]\w*/g, (name) => (found.has(name) ? `(${value(found.get(name))})` : 'NaN'));
    return /^[\d\sa-fxA-F()|<+N]*$/.test(words) ? Number(Function(`return ${words}`)()) : Number.NaN;
  };
  const members = [...found].filter(([name]) => prefix.test(name)).map(([name, text]) => [value(text), name]);
  const kept = new Map();
  for (const [number, name] of members.sort((a, b) => a[0] - b[0] || a[1].length - b[1].length)) {
    if (Number.isInteger(number) && !kept.has(number)) kept.set(number, name);
  }
  return [...kept];
}

/** Of these the prototypes name no arguments; the first is a socket. */
const SOCKET =
  /^(accept4?|bind|connect|getpeername|getsockname|getsockopt|listen|recvfrom|recvmm?sg|sendto|sendmm?sg|setsockopt|shutdown)$/;

const FD =
  /^(fd|fildes|epfd|ufd|fd_in|fd_out|out_fd|in_fd|fdin|fdout|mfd|from_dfd|to_dfd|fs_fd|sockfd|pidfd|group_fd)$/;
const DIRECTORY = /^(dfd|olddfd|newdfd)$/;
const PATH =
  /^(filename|pathname|path|name|oldname|newname|old|new|old_name|new_name|dev_name|dir_name|from|to|library|from_path|to_path|from_pathname|to_pathname|specialfile|_path|new_root|put_old)$/;

function kindOf(call, type, name) {
  if (FLAGS[`${call}.${name}`]) return FLAGS[`${call}.${name}`];
  if (/char __user \*$/.test(type))
    return PATH.test(name) && !/xattr|sethostname|memfd|delete_module/.test(call) ? 'path' : 'pointer';
  if (type.includes('*')) return 'pointer';
  if (/^(umode_t|mode_t)$/.test(type)) return 'mode';
  if (DIRECTORY.test(name)) return 'dirfd';
  if (FD.test(name)) return 'fd';
  if (/flags?$|^(prot|mask|addr|start|vm_flags)$/.test(name)) return 'hex';
  return /unsigned|size_t|^u\d\d$|^__u/.test(type) && !/ssize_t/.test(type) ? 'unsigned' : 'signed';
}

function parseArguments(file) {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const calls = {};
  for (const [, name, list] of text.matchAll(/asmlinkage long sys_(\w+)\(([^;]*)\);/g)) {
    const parts = list.replaceAll(/\s+/g, ' ').trim();
    const words = parts === 'void' || parts === '' ? [] : parts.split(',');
    const parsed = words.map((word, place) => {
      const match = /^(.*?[\s*])(\w+)(?:\[\])?$/.exec(word.trim());
      const named = match && !/^(int|long|short|char|t|__user|size_t|umode_t|pid_t|unsigned|u32|u64)$/.test(match[2]);
      const type = (named ? match[1] : word).trim();
      if (place === 0 && SOCKET.test(name)) return ['fd', 'fd'];
      return [named ? match[2] : '', kindOf(name, type, named ? match[2] : '')];
    });
    // Where there are several for several architectures, the one whose arguments have names.
    const known = calls[name];
    if (!known || parsed.filter(([own]) => own !== '').length >= known.filter(([own]) => own !== '').length)
      calls[name] = parsed;
  }
  // biome-ignore format: one call a line
  return `{\n${Object.keys(calls).sort().map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(calls[name])}`).join(',\n')}\n}\n`;
}

const ARM64 = ['RENAMEAT', 'NEW_STAT', 'SET_GET_RLIMIT', 'TIME32_SYSCALLS', 'SYS_CLONE3', 'MEMFD_SECRET'];
const ARCHITECTURES = {
  // e_machine as in elf.h, and where the numbers stand. The generic table is that of arm64.
  x86_64: { machine: 62, header: 'asm/unistd_64.h' },
  i386: { machine: 3, header: 'asm/unistd_32.h' },
  aarch64: {
    machine: 183,
    header: 'asm-generic/unistd.h',
    options: ['-D__BITS_PER_LONG=64', ...ARM64.map((name) => `-D__ARCH_WANT_${name}`)],
  },
};

function tables() {
  const known = JSON.parse(readFileSync(ARGUMENTS, 'utf8'));
  const argumentsOf = (name) =>
    OF_ARCHITECTURE[name] ??
    known[PROTOTYPES[name] ?? name]?.map(([word, kind]) => [word, FLAGS[`${name}.${word}`] ?? kind]) ??
    known[`${name}_time32`] ??
    known[name];
  const architectures = Object.entries(ARCHITECTURES).map(([name, { machine, header, options }]) => ({
    name,
    machine,
    calls: numbers(header, options),
  }));
  const names = [...new Set(architectures.flatMap(({ calls }) => calls.map(([, name]) => name)))].sort();
  return { architectures, names, argumentsOf };
}

/** Which argument is a descriptor, and which a path, counted from 1; 0 none. */
function placeOf(list, kinds) {
  return (list ?? []).findIndex(([, kind]) => kinds.includes(kind)) + 1;
}

function cTable({ architectures, argumentsOf }) {
  const out = [
    '/* Made by scripts/generate-syscalls.mjs. Do not edit. */',
    '/* SPDX-License-Identifier: MIT */',
    '#ifndef RXRAY_SYSCALLS_TABLE_GEN_H',
    '#define RXRAY_SYSCALLS_TABLE_GEN_H',
    '',
    '/* Of each system call the name, and which of its arguments is a descriptor and which a path, from 1; 0 none. */',
    'struct syscall_entry {',
    '\tconst char *name;',
    '\tunsigned char descriptor, path;',
    '};',
    '',
  ];
  architectures
    .filter(({ name }) => name !== 'i386')
    .forEach(({ name, calls, machine }, index) => {
      out.push(`${index === 0 ? '#if' : '#elif'} defined(__${name}__)`, `#define SYSCALL_MACHINE ${machine}`);
      out.push('static const struct syscall_entry syscall_table[] = {');
      for (const [number, call] of calls) {
        const list = argumentsOf(call);
        out.push(`\t[${number}] = { "${call}", ${placeOf(list, ['fd', 'dirfd'])}, ${placeOf(list, ['path'])} },`);
      }
      out.push('};');
    });
  out.push('#endif', '', '#endif');
  return `${out.join('\n')}\n`;
}

function typescriptTable({ architectures, names, argumentsOf }) {
  const out = [
    '// Made by scripts/generate-syscalls.mjs. Do not edit.',
    '',
    '/** Names of system calls by number; the keys are e_machine as in elf.h. */',
    'export const SYSCALL_NAMES: Readonly<Record<number, Readonly<Record<number, string>>>> = {',
  ];
  for (const { name, machine, calls } of architectures) {
    out.push(`  // ${name}`, `  ${machine}: {`, ...calls.map(([number, call]) => `    ${number}: '${call}',`), '  },');
  }
  out.push('};', '', '/** Arguments of system calls: name and kind. */');
  out.push('export const SYSCALL_ARGUMENTS: Readonly<Record<string, string>> = {');
  for (const name of names) {
    const list = argumentsOf(name);
    if (list) out.push(`  ${name}: '${list.map((pair) => pair.join(':')).join(' ')}',`);
  }
  out.push('};', '', '/** Names of bits, or of values, by kind of argument. */');
  out.push('export const SYSCALL_CONSTANTS: Readonly<Record<string, Readonly<Record<number, string>>>> = {');
  // Where arm64 differs from the generic values that x86 has, as its asm/fcntl.h says.
  const onArm64 = { 16384: 'O_DIRECTORY', 32768: 'O_NOFOLLOW', 65536: 'O_DIRECT', 131072: 'O_LARGEFILE' };
  const shared = constants(SETS.open).filter(([number]) => !(number in onArm64));
  const arm64 = [...shared, ...Object.entries(onArm64)].sort((a, b) => Number(a[0]) - Number(b[0]));
  out.push("  'open@183': {", ...arm64.map(([number, name]) => `    ${number}: '${name}',`), '  },');
  for (const [kind, set] of Object.entries(SETS)) {
    out.push(`  ${kind}: {`, ...constants(set).map(([number, name]) => `    ${number}: '${name}',`), '  },');
  }
  out.push('};');
  return `${out.join('\n')}\n`;
}

function check(path, text) {
  const full = join(root, path);
  const current = existsSync(full) ? readFileSync(full, 'utf8') : '';
  if (current === text) return true;
  // Headers of another version know more calls or fewer; wrong is what contradicts them.
  const lines = (source) =>
    new Map(
      source
        .split('\n')
        .flatMap((line) =>
          /^(\s+\[?\w+\]?(?:: | = ))(.+)$/.exec(line)
            ? [line.split(/: | = /)].map(([key, ...rest]) => [key.trim(), rest.join('')])
            : [],
        ),
    );
  const mine = [...lines(current)];
  const theirs = lines(text);
  const common = mine.filter(([key]) => theirs.has(key));
  if (path.endsWith('.h') && common.length > 200 && common.every(([key, value]) => theirs.get(key) === value)) {
    console.error(`${path}: made from kernel headers of another version; what both know is the same.`);
    return true;
  }
  if (path.endsWith('.ts') && existsSync(full) && numbersAgree(current, text)) return true;
  console.error(`${path} is not what scripts/generate-syscalls.mjs makes: run it and commit the result.`);
  return false;
}

/** Whether every number that both tables have means the same call. */
function numbersAgree(current, made) {
  const sections = (text) => text.split(/^ {2}\/\/ \w+$/m).slice(1);
  const pairs = (section) =>
    new Map([...section.matchAll(/^ {4}(\d+): '(\w+)',$/gm)].map(([, key, value]) => [key, value]));
  const [ours, theirs] = [sections(current), sections(made)];
  if (ours.length !== theirs.length || ours.length === 0) return false;
  const sameSize = ours.every((section, index) => pairs(section).size === pairs(theirs[index]).size);
  // With the same calls there is no other version to excuse a difference.
  if (sameSize) return false;
  return ours.every((section, index) => {
    const other = pairs(theirs[index]);
    return [...pairs(section)].every(([key, value]) => !other.has(key) || other.get(key) === value);
  });
}

const at = process.argv.indexOf('--arguments');
if (at > 0) writeFileSync(ARGUMENTS, parseArguments(process.argv[at + 1]));
let stale = 0;
if (!existsSync('/usr/include/x86_64-linux-gnu/asm/unistd_64.h')) {
  console.error('tables of system calls: made and checked on x86_64 only, whose headers have most of them.');
} else {
  const found = tables();
  const files = {
    'native/tracer/syscalls/syscalls_table.gen.h': cTable(found),
    'src/codec/syscall-table.gen.ts': typescriptTable(found),
  };
  for (const [path, text] of Object.entries(files)) {
    if (process.argv.includes('--check')) stale += check(path, text) ? 0 : 1;
    else writeFileSync(join(root, path), text);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
