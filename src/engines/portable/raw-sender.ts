import { getSystemErrorMap } from 'node:util';
import { CodedError } from '../../model/errors.js';
import type { RawSocket, RawSocketModule } from './modules.js';

/** With it the kernel takes whole packets to send, and hands nothing back: answers come by the capture alone. */
const IPPROTO_RAW = 255;
const EIO = 5;

/** What follows a packet out. */
export interface Departure {
  /** The very next thing is the system call that sends it. */
  leaving(): void;
  /** @param errno of the refusal, 0 when it was sent */
  left(errno: number): void;
}

/** Sends whole IP packets of one version, through one interface if wanted. */
export class RawSender {
  readonly #socket: RawSocket;

  /** @throws CodedError E_NO_RAW_SOCKET, E_NO_INTERFACE */
  constructor(module: RawSocketModule, version: 4 | 6, device?: string) {
    const { AddressFamily, SocketLevel, SocketOption } = module;
    try {
      const addressFamily = version === 4 ? AddressFamily.IPv4 : AddressFamily.IPv6;
      this.#socket = module.createSocket({ protocol: IPPROTO_RAW, addressFamily });
    } catch (error) {
      throw noRawSocket(error);
    }
    this.#socket.on('error', () => {});
    if (device === undefined) return;
    if (SocketOption.SO_BINDTODEVICE === undefined)
      throw new CodedError('E_NO_INTERFACE', 'this system binds no socket to an interface', 'leave -I out');
    const name = Buffer.from(`${device}\0`);
    this.#socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_BINDTODEVICE, name, name.length);
  }

  send(packet: Buffer, address: string, departure: Departure): void {
    this.#socket.send(
      packet,
      0,
      packet.length,
      address,
      () => departure.leaving(),
      (error) => departure.left(error ? errnoOf(error) : 0),
    );
  }

  close(): void {
    this.#socket.close();
  }
}

function noRawSocket(error: unknown): CodedError {
  const why = error instanceof Error ? error.message : String(error);
  return new CodedError(
    'E_NO_RAW_SOCKET',
    `the portable engine may not open a raw socket (${why})`,
    'run with sudo, or use --engine connect, which needs no privilege',
  );
}

/** raw-socket tells an error by its words only. */
function errnoOf(error: Error): number {
  const words = error.message.toLowerCase();
  for (const [errno, [, message]] of getSystemErrorMap()) if (message.toLowerCase() === words) return Math.abs(errno);
  return EIO;
}
