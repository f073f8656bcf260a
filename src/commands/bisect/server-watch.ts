import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedSpan, MachineAccount } from '../../bisect/evidence/machine-account.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { Machines } from '../../hosts/machines.js';
import { HelperNodeReader } from '../../kernel/node-reader.js';
import { ServerFollower } from '../../kernel/server-account.js';
import { CodedError } from '../../model/errors.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { transportFor } from '../../transports/transport-for.js';

const EVERY_MS = 500;
/** Readings that are remembered: 20 minutes. */
const MOST_SPANS = 2_400;

/** A server that is asked, on a machine with a vantage. */
export interface WatchedServer {
  readonly machine: string;
  readonly vantage: string;
  readonly port: number;
  /** Its name among the targets. */
  readonly target: string;
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
    return vantage === undefined ? [] : [{ machine, vantage, port, target: name }];
  });
}

/**
 * Follows what the kernel of a machine counts of a server until stopped, and tells it each time.
 * @param nowNs on the common time line
 * @returns why nothing more came, where something went wrong
 */
export async function followServer(
  { machine, vantage, port }: WatchedServer,
  hosts: Hosts,
  stop: AbortSignal,
  tell: (account: MachineAccount) => void,
  nowNs: () => number,
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
    const spans: CountedSpan[] = [];
    let before: { readonly askedNs: number; readonly throttledNs: number; readonly dropped: number } | undefined;
    for (;;) {
      const askedNs = nowNs();
      const account = await follower.read();
      const { throttledNs = 0, overflows: dropped = 0 } = account;
      // It was counted somewhere between the two questions and their answers.
      if (before !== undefined) {
        spans.push({
          fromNs: before.askedNs,
          toNs: nowNs(),
          throttledNs: Math.max(0, throttledNs - before.throttledNs),
          dropped: Math.max(0, dropped - before.dropped),
        });
        if (spans.length > MOST_SPANS) spans.shift();
      }
      before = { askedNs, throttledNs, dropped };
      tell({ machine, port, ...account, spans: [...spans] });
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
