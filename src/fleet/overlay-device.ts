import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { isOverlay, type Overlay } from '../model/overlay.js';

/** ARPHRD_TUNNEL of if_arp.h: a device of IPIP, which has no type of its own in sysfs. */
const TUNNEL = '768';

/**
 * By which overlay this machine sends to addresses of pods, as its routes say it: the kind of the device that the most
 * exact route names. Undefined where that is no tunnel, or where only IPv6 has routes.
 *
 * @param read of a file, empty where it cannot be
 */
export async function overlayTo(
  addresses: readonly string[],
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8').catch(() => ''),
): Promise<Overlay | undefined> {
  const routes = parseRoutes(await read('/proc/net/route'));
  const devices = new Set(addresses.flatMap((address) => deviceTo(address, routes) ?? []));
  for (const device of devices) {
    const folder = `/sys/class/net/${device}`;
    const kind = /^DEVTYPE=(\S+)$/m.exec(await read(`${folder}/uevent`))?.[1] ?? '';
    if (isOverlay(kind)) return kind;
    if ((await read(`${folder}/type`)).trim() === TUNNEL) return 'ipip';
  }
  return undefined;
}

interface Route {
  readonly device: string;
  readonly network: number;
  readonly mask: number;
}

/** Lines of /proc/net/route: network and mask in hexadecimal, in the byte order of the machine. */
function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, network = '', , , , , , mask = ''] = line.split('\t');
      const numbers = [network, mask].map((word) => (/^[0-9A-F]{8}$/.test(word) ? swapped(word) : Number.NaN));
      const [to, by] = numbers as [number, number];
      return device === undefined || Number.isNaN(to) || Number.isNaN(by) ? [] : [{ device, network: to, mask: by }];
    });
}

/** x86-64 and arm64 have the least byte first. */
function swapped(word: string): number {
  return Buffer.from(word, 'hex').readUInt32LE(0);
}

function deviceTo(address: string, routes: readonly Route[]): string | undefined {
  if (!isIPv4(address)) return undefined;
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  // A default route leads to no overlay.
  const fitting = routes.filter(({ network, mask }) => mask !== 0 && (number & mask) >>> 0 === network);
  return fitting.sort((one, other) => other.mask - one.mask)[0]?.device;
}
