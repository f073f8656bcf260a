import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { platformPackage } from '../../installation/platform.js';
import { packageVersion } from '../../installation/version.js';
import { CodedError } from '../../model/errors.js';
import { findHelper, findHelperFor } from '../helper-binary.js';
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
   * This helper, or the one for that machine where it is at hand.
   *
   * @param system what `uname -s` says there
   * @param machine what `uname -m` says there
   * @throws CodedError E_ARCH where none fits
   */
  forMachine(system: string, machine: string, place: string): HelperCopy {
    if (runsOn(this.bytes, system, machine)) return this;
    const platform = system === 'Linux' ? PLATFORM_OF[machine] : undefined;
    const path = platform === undefined ? undefined : findHelperFor(this.name, platform);
    const other = path === undefined ? undefined : new HelperCopy(this.name, readFileSync(path), path);
    if (other !== undefined && runsOn(other.bytes, system, machine)) return other;
    throw new CodedError(
      'E_ARCH',
      `${this.name} is built for Linux ${elfMachine(this.bytes).name}, but ${place} is ${system} ${machine}`,
      system === 'Linux' ? this.#howToGet(machine, platform) : 'helpers run on Linux only',
    );
  }

  #howToGet(machine: string, platform: string | undefined): string {
    const named = `name a folder with them in RXRAY_HELPERS (this one is ${this.path})`;
    if (platform === undefined) return `build rxray on a ${machine} machine, and ${named}`;
    const add = `npm install --no-save --force ${platformPackage(platform)}@${packageVersion()}`;
    return `add the helpers of that machine beside rxray: ${add}; or put them into ${platform}/ of a folder, and ${named}`;
  }
}

/** @throws CodedError E_HELPER when it is not built */
export function readHelper(name: HelperName): HelperCopy {
  const path = findHelper(name);
  return new HelperCopy(name, readFileSync(path), path);
}

/** What helpers are packaged for, by what `uname -m` says there. */
const PLATFORM_OF: Readonly<Record<string, string>> = {
  x86_64: 'linux-x64',
  amd64: 'linux-x64',
  aarch64: 'linux-arm64',
  arm64: 'linux-arm64',
};

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

function runsOn(bytes: Uint8Array, system: string, machine: string): boolean {
  return system === 'Linux' && elfMachine(bytes).runsOn.includes(machine);
}

function elfMachine(bytes: Uint8Array): Machine {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20 || view.getUint32(0) !== 0x7f454c46) return { name: 'no ELF machine', runsOn: [] };
  const bigEndian = view.getUint8(5) === 2;
  const number = view.getUint16(18, !bigEndian);
  return MACHINES[number] ?? { name: `ELF machine ${number}`, runsOn: [] };
}
