import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CodedError } from '../../model/errors.js';
import { findHelper } from '../helper-binary.js';
import type { HelperName } from '../transport.js';
import { posixCksum } from './posix-cksum.js';

/** What the far side has to check a copy with. */
export type ChecksumTool = 'sha256sum' | 'cksum';

/** A helper as it is copied to another machine. */
export class HelperCopy {
  constructor(
    readonly name: HelperName,
    readonly bytes: Uint8Array,
    private readonly path: string,
  ) {}

  /** How the tool's output on the copy has to begin. */
  checksum(tool: ChecksumTool): string {
    return tool === 'sha256sum'
      ? createHash('sha256').update(this.bytes).digest('hex')
      : `${posixCksum(this.bytes)} ${this.bytes.length}`;
  }

  /**
   * Refuses a machine that this helper was not built for.
   *
   * @param system what `uname -s` says there
   * @param machine what `uname -m` says there
   * @throws CodedError E_ARCH
   */
  requireMachine(system: string, machine: string, place: string): void {
    const built = elfMachine(this.bytes);
    if (system === 'Linux' && built.runsOn.includes(machine)) return;
    throw new CodedError(
      'E_ARCH',
      `${this.name} is built for Linux ${built.name}, but ${place} is ${system} ${machine}`,
      system === 'Linux'
        ? `build rxray on a ${machine} machine, and name the folder with its helpers in RXRAY_HELPERS (this one is ${this.path})`
        : 'helpers run on Linux only',
    );
  }
}

/** @throws CodedError E_HELPER when it is not built */
export function readHelper(name: HelperName): HelperCopy {
  const path = findHelper(name);
  return new HelperCopy(name, readFileSync(path), path);
}

interface Machine {
  readonly name: string;
  /** The names under which `uname -m` knows machines that run it. */
  readonly runsOn: readonly string[];
}

/** By e_machine, as in elf.h. */
const MACHINES: Readonly<Record<number, Machine>> = {
  3: { name: 'i686', runsOn: ['i386', 'i486', 'i586', 'i686', 'x86_64'] },
  21: { name: 'ppc64le', runsOn: ['ppc64le', 'ppc64'] },
  22: { name: 's390x', runsOn: ['s390x'] },
  40: { name: 'armv7l', runsOn: ['armv7l', 'armv8l'] },
  62: { name: 'x86_64', runsOn: ['x86_64', 'amd64'] },
  183: { name: 'aarch64', runsOn: ['aarch64', 'arm64'] },
  243: { name: 'riscv64', runsOn: ['riscv64'] },
};

function elfMachine(bytes: Uint8Array): Machine {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20 || view.getUint32(0) !== 0x7f454c46) return { name: 'no ELF machine', runsOn: [] };
  const bigEndian = view.getUint8(5) === 2;
  const number = view.getUint16(18, !bigEndian);
  return MACHINES[number] ?? { name: `ELF machine ${number}`, runsOn: [] };
}
