import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { defaultGateway } from '../../hosts/default-gateway.js';
import { type Hosts, readHosts } from '../../hosts/hosts-file.js';
import { type Family, resolveAddress } from '../../hosts/resolve-address.js';
import { CodedError } from '../../model/errors.js';
import type { Target } from '../../model/target.js';

/** Read when no `--hosts` is given; supplies names and addresses only. */
export const IMPLICIT_HOSTS_FILE = 'hosts.yaml';

export interface ResolvedTargets {
  readonly targets: readonly Target[];
  /** Said to the user where they did not choose: which targets were taken, and why. */
  readonly note?: string;
}

/** Turns the words of the command line into targets; without words takes hosts.yaml, else the default gateway. */
export async function resolveTargets(
  words: readonly string[],
  options: { readonly family: Family; readonly hosts?: string | undefined },
): Promise<ResolvedTargets> {
  const file = options.hosts ?? (existsSync(IMPLICIT_HOSTS_FILE) ? IMPLICIT_HOSTS_FILE : undefined);
  const hosts = file === undefined ? undefined : await readHosts(file);
  if (words.length > 0) {
    return { targets: await Promise.all(words.map((word) => resolveWord(word, hosts, options.family))) };
  }
  if (hosts) {
    const targets = Object.keys(hosts.targets).flatMap((name) => namedTarget(name, hosts) ?? []);
    if (targets.length === 0)
      throw new CodedError('E_HOSTS', `${file} names no targets`, 'add some, or name a target', 2);
    const list = targets.map((target) => `${target.name} (${target.address})`).join(', ');
    return {
      targets,
      note: `no target given: probing the targets of ${file}: ${list}`,
    };
  }
  const gateway = defaultGateway();
  if (!gateway) {
    throw new CodedError(
      'E_TARGET',
      'no target given, no ./hosts.yaml, and no default gateway',
      'name a target: probe 192.0.2.1',
      2,
    );
  }
  return {
    targets: [{ name: gateway.address, address: gateway.address }],
    note: `no target given and no ./hosts.yaml: probing the default gateway ${gateway.address} (${gateway.interface})`,
  };
}

async function resolveWord(word: string, hosts: Hosts | undefined, family: Family): Promise<Target> {
  const named = hosts && namedTarget(word, hosts);
  if (named) return named;
  const { host, port } = splitPort(word);
  return { name: word, address: await resolveAddress(host, family), ...(port === undefined ? {} : { port }) };
}

function namedTarget(name: string, hosts: Hosts): Target | undefined {
  const entry = Object.hasOwn(hosts.targets, name) ? hosts.targets[name] : undefined;
  if (!entry) return undefined;
  return { name, address: entry.address, kind: entry.kind, ...(entry.port === undefined ? {} : { port: entry.port }) };
}

/** `host`, `host:port`, `[v6]:port`; a bare IPv6 address has no port. */
function splitPort(word: string): { host: string; port?: number } {
  if (isIPv6(word)) return { host: word };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(word);
  if (!match) return { host: word.replace(/^\[(.*)\]$/, '$1') };
  return { host: match[1] ?? match[2] ?? word, port: checkPort(Number(match[3]), word) };
}

/** @throws CodedError E_PORT */
export function checkPort(port: number, where: string): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new CodedError('E_PORT', `${where}: a port is a number from 1 to 65535`, 'give one, for example -p 443', 2);
}
