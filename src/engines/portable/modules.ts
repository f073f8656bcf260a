import { createRequire } from 'node:module';
import { isSingleFile } from '../../installation/single-file.js';
import { CodedError } from '../../model/errors.js';

/** What is used of a socket of raw-socket. */
export interface RawSocket {
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    before: () => void,
    after: (error: Error | null, bytes: number) => void,
  ): void;
  setOption(level: number, option: number, value: Buffer, length: number): void;
  on(event: 'error', listener: (error: Error) => void): void;
  close(): void;
}

export interface RawSocketModule {
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  readonly SocketLevel: { readonly SOL_SOCKET: number };
  readonly SocketOption: { readonly SO_BINDTODEVICE?: number };
}

/** What is used of a capture of cap. */
export interface Cap {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): void;
  send(frame: Buffer, length: number): void;
  close(): void;
}

export interface CapModule {
  readonly Cap: new () => Cap;
}

export interface Modules {
  readonly raw: RawSocketModule;
  readonly cap: CapModule;
}

/**
 * The two native modules, which are optional: they are compiled at install time, and where that fails the rest works.
 * @throws CodedError E_PORTABLE_NOT_BUILT
 */
export function loadModules(): Modules {
  return { raw: load('raw-socket') as RawSocketModule, cap: load('cap') as CapModule };
}

const HOW_TO_GET_THEM =
  'install g++, make, python3 and libpcap-dev, then npm install raw-socket cap where rxray is (with -g if it is global); or use --engine helper or --engine connect';

function load(name: string): unknown {
  if (isSingleFile()) {
    const why = 'the single executable can load no module of Node.js';
    throw new CodedError('E_PORTABLE_NOT_BUILT', why, 'use --engine helper or --engine connect, or install from npm');
  }
  try {
    return createRequire(import.meta.url)(name);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new CodedError('E_PORTABLE_NOT_BUILT', `the npm package ${name} is not built here (${why})`, HOW_TO_GET_THEM);
  }
}
