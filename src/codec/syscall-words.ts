import { constants } from 'node:os';
import { SYSCALL_ARGUMENTS, SYSCALL_CONSTANTS, SYSCALL_NAMES } from './syscall-table.gen.js';

const ARM64 = 183;
const I386 = 3;
const AT_FDCWD = -100;
/** O_CREAT, and the bit of O_TMPFILE that is its own: without them `open` does not look at the mode. */
const MAKES_FILE = 0o100n | 0o20000000n;

/** Kinds whose values are one of several, perhaps with bits added, not bits alone. */
const CHOICES = new Set(['futex', 'epoll', 'clock', 'archprctl']);

const ERRORS = new Map<number, string>(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** Of the kernel alone: a signal came, and the call was, or will be, begun again. */
const RESTARTS = new Map([
  [512, 'ERESTARTSYS'],
  [513, 'ERESTARTNOINTR'],
  [514, 'ERESTARTNOHAND'],
  [516, 'ERESTART_RESTARTBLOCK'],
]);

export interface SyscallArgument {
  /** As in the kernel's sources, empty where they give none. */
  readonly name: string;
  readonly kind: string;
  /** As people read it. */
  readonly text: string;
}

/** All names, of any architecture. */
export function isSyscallName(name: string): boolean {
  return Object.values(SYSCALL_NAMES).some((names) => Object.values(names).includes(name));
}

/** `read`; `read (32-bit)` where a 64-bit machine made a call through the 32-bit interface. */
export function syscallName(architecture: number, number: number): string {
  const name = SYSCALL_NAMES[architecture]?.[number];
  if (name === undefined) return `syscall_${number}`;
  return architecture === I386 ? `${name} (32-bit)` : name;
}

/** @param known the paths behind the descriptor and in the text that the call was given, where known */
export function syscallArguments(
  architecture: number,
  number: number,
  values: readonly bigint[],
  known: { readonly file: string; readonly text: string } = { file: '', text: '' },
): SyscallArgument[] {
  const name = SYSCALL_NAMES[architecture]?.[number];
  const described = name === undefined ? undefined : SYSCALL_ARGUMENTS[name];
  if (described === undefined) {
    return values.map((value) => ({ name: '', kind: 'hex', text: hex(value) }));
  }
  // What is known is about the first descriptor, and about the first path.
  let file = known.file;
  let text = known.text;
  const pairs = described === '' ? [] : described.split(' ');
  const open = pairs.findIndex((pair) => pair.endsWith(':open'));
  if (pairs[open + 1]?.endsWith(':mode') && ((values[open] ?? 0n) & MAKES_FILE) === 0n) pairs.splice(open + 1, 1);
  return pairs.slice(0, values.length).map((pair, index) => {
    const [argument = '', kind = 'hex'] = pair.split(':');
    const value = values[index] ?? 0n;
    if (kind === 'fd' || kind === 'dirfd') {
      const shown = descriptor(value, kind, file);
      file = '';
      return { name: argument, kind, text: shown };
    }
    if (kind === 'path' && text !== '') {
      const shown = JSON.stringify(text);
      text = '';
      return { name: argument, kind, text: shown };
    }
    return { name: argument, kind, text: plain(value, kind, architecture) };
  });
}

function descriptor(value: bigint, kind: string, file: string): string {
  const number = Number(BigInt.asIntN(32, value));
  if (kind === 'dirfd' && number === AT_FDCWD) return 'AT_FDCWD';
  return file === '' ? String(number) : `${number}<${file}>`;
}

function plain(value: bigint, kind: string, architecture: number): string {
  switch (kind) {
    case 'signed':
      return String(BigInt.asIntN(value >> 32n === 0n ? 32 : 64, value));
    case 'unsigned':
      return String(value);
    case 'mode':
      return `0${(value & 0o7777n).toString(8)}`;
    case 'path':
    case 'pointer':
      return value === 0n ? 'NULL' : hex(value);
    case 'hex':
      return hex(value);
    default:
      return flags(value, architecture === ARM64 && kind === 'open' ? 'open@183' : kind);
  }
}

function flags(value: bigint, kind: string): string {
  const names = SYSCALL_CONSTANTS[kind];
  if (!names) return hex(value);
  const number = Number(value & 0xffff_ffffn);
  const exact = CHOICES.has(kind) ? names[number] : undefined;
  if (exact !== undefined) return exact;
  const choice = CHOICES.has(kind) ? number & 0x7f : undefined;
  const words: string[] = [];
  let rest = number;
  if (choice !== undefined && names[choice] !== undefined) {
    words.push(names[choice]);
    rest -= choice;
  }
  // Large ones first, as some are made of several bits.
  const bits = Object.entries(names)
    .map(([bit, name]) => [Number(bit), name] as const)
    .filter(([bit]) => bit > (choice === undefined ? 0 : 0x7f))
    .sort((a, b) => b[0] - a[0]);
  const found: string[] = [];
  for (const [bit, name] of bits) {
    if ((rest & bit) >>> 0 === bit) {
      found.unshift(name);
      rest = (rest & ~bit) >>> 0;
    }
  }
  if (choice === undefined && names[0] !== undefined && !/_(WRONLY|RDWR|READ|WRITE|EXEC)$/.test(found[0] ?? '')) {
    words.push(names[0]);
  }
  words.push(...found);
  if (rest !== 0) words.push(`0x${rest.toString(16)}`);
  return words.length > 0 ? words.join('|') : '0';
}

/** What a call returned: a number, an address, or the name of the error. */
export function syscallResult(result: bigint): { readonly text: string; readonly error?: string } {
  if (result < 0n && result >= -4095n) {
    const number = -Number(result);
    const error = ERRORS.get(number) ?? RESTARTS.get(number) ?? `errno ${number}`;
    return { text: `-1 ${error}`, error };
  }
  return { text: result > 0xffff_ffffn ? hex(result) : String(result) };
}

function hex(value: bigint): string {
  return value === 0n ? '0' : `0x${BigInt.asUintN(64, value).toString(16)}`;
}
