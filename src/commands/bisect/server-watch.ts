import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineAccount } from '../../bisect/evidence/machine-account.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { Machines } from '../../hosts/machines.js';
import { HelperNodeReader } from '../../kernel/node-reader.js';
import { ServerFollower } from '../../kernel/server-account.js';
import { CodedError } from '../../model/errors.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { transportFor } from '../../transports/transport-for.js';

const EVERY_MS = 500;

/** A server that is asked, on a machine with a vantage. */
export interface WatchedServer {
  readonly machine: string;
  readonly vantage: string;
  readonly port: number;
}

/** Servers whose machine has a vantage: its kernel can be asked about them. */
export function watchedServers(hosts: Hosts, targets: ReadonlySet<string>): WatchedServer[] {
  const machines = new Machines(hosts);
  return Object.entries(hosts.targets).flatMap(([name, target]) => {
    if (target.url === undefined || !targets.has(name)) return [];
    const machine = machines.answering(name);
    const vantage = Object.keys(hosts.vantages).find((one) => machines.ofVantage(one) === machine);
    const url = new URL(target.url);
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    return vantage === undefined ? [] : [{ machine, vantage, port }];
  });
}

/**
 * Follows what the kernel of a machine counts of a server until stopped, and tells it each time.
 * @returns why nothing more came, where something went wrong
 */
export async function followServer(
  { machine, vantage, port }: WatchedServer,
  hosts: Hosts,
  stop: AbortSignal,
  tell: (account: MachineAccount) => void,
): Promise<string | undefined> {
  const place = hosts.vantages[vantage];
  if (place === undefined) return undefined;
  const transport = transportFor(place);
  const readers: HelperNodeReader[] = [];
  try {
    readers.push(new HelperNodeReader(transport));
    // Entering a network namespace hides the control groups.
    if (place.transport === 'netns') readers.push(new HelperNodeReader(localTransport));
    const [network, other = network] = readers as [HelperNodeReader, HelperNodeReader?];
    const follower = new ServerFollower({ network, machine: other }, port);
    for (;;) {
      tell({ machine, ...(await follower.read()) });
      if (stop.aborted) return undefined;
      await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => {});
    }
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
    await transport.close?.();
  }
}
