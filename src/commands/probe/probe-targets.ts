import { existsSync } from 'node:fs';
import { defaultGateway } from '../../hosts/default-gateway.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { parseTarget } from '../../hosts/parse-target.js';
import { type Family, resolveAddress } from '../../hosts/resolve-address.js';
import { CodedError } from '../../model/errors.js';
import { present } from '../../model/present.js';
import type { Target } from '../../model/target.js';

/** Read when no `--hosts` is given; supplies names and addresses only. */
export const IMPLICIT_HOSTS_FILE = 'hosts.yaml';

export interface ResolvedTargets {
  readonly targets: readonly Target[];
  /** Said to the user where they did not choose: which targets or addresses were taken, and why. */
  readonly notes: readonly string[];
  /** Nobody named them, on the command line or by naming a file. */
  readonly unasked: boolean;
}

/** Turns the words of the command line into targets; without words takes hosts.yaml, else the default gateway. */
export async function resolveTargets(
  words: readonly string[],
  options: { readonly family: Family; readonly hosts?: string | undefined },
): Promise<ResolvedTargets> {
  const file = options.hosts ?? (existsSync(IMPLICIT_HOSTS_FILE) ? IMPLICIT_HOSTS_FILE : undefined);
  const hosts = file === undefined ? undefined : await (await import('../../hosts/hosts-file.js')).readHosts(file);
  if (words.length > 0) {
    const notes: string[] = [];
    const targets = await Promise.all(words.map((word) => resolveWord(word, hosts, options.family, notes)));
    return { targets, notes, unasked: false };
  }
  if (hosts) {
    const targets = Object.keys(hosts.targets).flatMap((name) => namedTarget(name, hosts) ?? []);
    if (targets.length === 0)
      throw new CodedError('E_HOSTS', `${file} names no targets`, 'add some, or name a target', 2);
    const list = targets.map((target) => `${target.name} (${target.address})`).join(', ');
    return {
      targets,
      notes: [`no target given: probing the targets of ${file}: ${list}`],
      unasked: options.hosts === undefined,
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
    notes: [
      `no target given and no ./hosts.yaml: probing the default gateway ${gateway.address} (${gateway.interface})`,
    ],
    unasked: true,
  };
}

async function resolveWord(word: string, hosts: Hosts | undefined, family: Family, notes: string[]): Promise<Target> {
  const named = hosts && namedTarget(word, hosts);
  if (named) return named;
  const { host, port } = parseTarget(word);
  const { address, note } = await resolveAddress(host, family);
  if (note !== undefined) notes.push(note);
  return { name: word, address, ...present({ port }) };
}

function namedTarget(name: string, hosts: Hosts): Target | undefined {
  const entry = Object.hasOwn(hosts.targets, name) ? hosts.targets[name] : undefined;
  if (!entry) return undefined;
  return { name, address: entry.address, kind: entry.kind, ...present({ port: entry.port }) };
}
