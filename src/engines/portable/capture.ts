import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { CodedError } from '../../model/errors.js';
import { loopback } from '../node-prober/route.js';
import type { Cap, CapModule } from './modules.js';

/** Bytes before the IP header, by what cap calls the link. */
const LINKS: Readonly<Record<string, number>> = { ETHERNET: 14, RAW: 0, NULL: 4, LINKTYPE_LINUX_SLL: 16 };
const ETHERNET_ADDRESS_BYTES = 6;
const ETHERTYPES = new Set([0x0800, 0x86dd]);
const LARGEST_PACKET = 65_535;
/** Immediate capture takes well below a millisecond; libpcap's blocks are handed over after a second. */
const IMMEDIATE_WITHIN_MS = 300;
const TRIES = 3;

/** Captures what a filter lets through on one interface. */
export class Capture {
  readonly #cap: Cap;
  readonly #buffer = Buffer.alloc(LARGEST_PACKET);
  readonly #linkBytes: number;
  readonly #ethernet: boolean;

  /**
   * @param packet called for each packet, from its IP header on; the bytes are good during the call only
   * @throws CodedError E_CAPTURE
   */
  constructor(module: CapModule, device: string, filter: string, bufferBytes: number, packet: (ip: Buffer) => void) {
    this.#cap = new module.Cap();
    let link: string;
    try {
      link = this.#cap.open(device, filter, bufferBytes, this.#buffer);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CodedError(
        'E_CAPTURE',
        `cannot capture on ${device} (${why})`,
        'run with sudo, or use --engine connect, which needs no privilege',
      );
    }
    const linkBytes = LINKS[link];
    if (linkBytes === undefined)
      throw new CodedError('E_CAPTURE', `${device}: packets of the kind ${link} are not known`, 'use --engine helper');
    this.#linkBytes = linkBytes;
    this.#ethernet = link === 'ETHERNET';
    this.#cap.on('packet', (bytes) => {
      if (this.#ethernet && !ETHERTYPES.has(this.#buffer.readUInt16BE(12))) return;
      packet(this.#buffer.subarray(this.#linkBytes, bytes));
    });
  }

  /**
   * Sends a packet back along the link that the packet just captured came by, past the firewall of this machine.
   * Only while the capture's callback runs.
   */
  answerOnLink(packet: Buffer): boolean {
    const link = Buffer.from(this.#buffer.subarray(0, this.#linkBytes));
    if (this.#ethernet) {
      this.#buffer.copy(link, 0, ETHERNET_ADDRESS_BYTES, 2 * ETHERNET_ADDRESS_BYTES);
      this.#buffer.copy(link, ETHERNET_ADDRESS_BYTES, 0, ETHERNET_ADDRESS_BYTES);
    }
    const frame = Buffer.concat([link, packet]);
    try {
      this.#cap.send(frame, frame.length);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#cap.close();
  }
}

/**
 * Tries whether captured packets come at once. cap asks libpcap for that only where it finds `libpcap.so`, the name
 * without a version, which is in the development package; without it packets come up to a second late, and as they
 * are stamped when they come every answer would seem to be.
 * @throws CodedError E_CAPTURE_DELAYED
 */
export async function checkImmediate(module: CapModule): Promise<void> {
  const device = loopback();
  if (device === undefined) return;
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  let seen: () => void = () => {};
  const capture = new Capture(module, device, `udp and dst port ${port}`, 1_048_576, () => seen());
  try {
    for (let i = 0; i < TRIES; i += 1) {
      const came = new Promise<boolean>((resolve) => {
        seen = () => resolve(true);
        setTimeout(() => resolve(false), IMMEDIATE_WITHIN_MS);
      });
      socket.send('', port, '127.0.0.1');
      if (await came) return;
    }
  } finally {
    capture.close();
    socket.close();
  }
  throw new CodedError(
    'E_CAPTURE_DELAYED',
    'libpcap hands captured packets over in blocks, so that all answers would seem late',
    'install libpcap-dev (cap looks for libpcap.so), or use --engine helper',
  );
}
