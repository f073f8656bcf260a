import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../model/errors.js';
import type { PlannedPath } from '../../model/plan.js';

/** How packets to a target leave this machine. */
export interface Route {
  readonly source: string;
  readonly interface: string;
}

export const UNKNOWN_INTERFACE = '?';
const SETTLING_TRIES = 30;
const SETTLING_MS = 50;
/** Connecting a UDP socket asks the routing table and sends nothing; the port means nothing. */
const ANY_PORT = 9;

/**
 * What the routing table says of a path, asked in the one way that every system offers without privilege.
 * @throws CodedError E_NO_ROUTE, E_NO_INTERFACE, E_SOURCE
 */
export async function findRoute(path: PlannedPath): Promise<Route> {
  const { name, address } = path;
  if (path.interface !== undefined && !(path.interface in networkInterfaces()))
    throw new CodedError(
      'E_NO_INTERFACE',
      `${name}: there is no interface ${path.interface} with an address here`,
      'list the interfaces with ip link, and correct -I',
    );
  if (path.source !== undefined && interfaceOf(path.source) === undefined)
    throw new CodedError(
      'E_SOURCE',
      `${name}: ${path.source} is not an address of this machine`,
      'name an address of this machine, or none',
    );
  const chosen = path.source ?? (path.interface === undefined ? undefined : addressOn(path.interface, address));
  const source = chosen ?? (await sourceTo(path));
  // Packets to an address of this machine never leave it, whatever interface has the address.
  const device = isOwn(address) ? loopback() : (path.interface ?? (await settledInterfaceOf(source)));
  return { source, interface: device ?? UNKNOWN_INTERFACE };
}

/** An interface that has just come up may not be listed for up to a second, though packets already leave by it. */
async function settledInterfaceOf(source: string): Promise<string | undefined> {
  for (let tries = 0; tries < SETTLING_TRIES; tries += 1) {
    const device = interfaceOf(source);
    if (device !== undefined) return device;
    await sleep(SETTLING_MS);
  }
  return undefined;
}

async function sourceTo({ name, address }: PlannedPath): Promise<string> {
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
  try {
    const connected = once(socket, 'connect');
    socket.connect(ANY_PORT, address);
    await connected;
    return socket.address().address;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CodedError(
      'E_NO_ROUTE',
      `${name}: no route to ${address} (${why})`,
      'see ip route get for the address, or leave this path out',
    );
  } finally {
    socket.close();
  }
}

function entries() {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map((entry) => ({ name, ...entry })),
  );
}

function interfaceOf(address: string): string | undefined {
  if (address.startsWith('127.')) return loopback();
  return entries().find((entry) => entry.address === address)?.name;
}

function addressOn(device: string, target: string): string | undefined {
  const family = isIPv4(target) ? 'IPv4' : 'IPv6';
  return entries().find((entry) => entry.name === device && entry.family === family)?.address;
}

function isOwn(address: string): boolean {
  return address.startsWith('127.') || entries().some((entry) => entry.address === address);
}

/** The loopback interface, where it is up. */
export function loopback(): string | undefined {
  return entries().find((entry) => entry.internal)?.name;
}
