import { existsSync } from 'node:fs';
import { defaultGateway } from '../../hosts/default-gateway.js';
import { type Hosts, readHosts } from '../../hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../hosts/measured-paths.js';
import { resolveAddress } from '../../hosts/resolve-address.js';
import { CodedError } from '../../model/errors.js';
import { IMPLICIT_HOSTS_FILE } from '../probe/probe-targets.js';
import type { BisectOptions } from './bisect-options.js';

export interface BisectHosts {
  readonly hosts: Hosts;
  readonly paths: readonly HostsPath[];
  /** What the user should know of how the paths were chosen. */
  readonly notes: readonly string[];
}

/** What to measure: the hosts file's paths, or a sensible guess around one target. */
export async function bisectHosts(options: BisectOptions): Promise<BisectHosts> {
  const { hosts, notes } =
    options.target === undefined ? await fromFile(options) : await guess(options, options.target);
  const paths = measuredPaths(hosts).filter(({ measured }) => isWanted(measured.name, options));
  if (paths.length === 0) {
    throw new CodedError(
      'E_PATHS',
      'no path is left to measure',
      'see rxray bisect --plan, or loosen --only and --except',
      2,
    );
  }
  return { hosts, paths, notes };
}

async function fromFile(options: BisectOptions): Promise<{ hosts: Hosts; notes: string[] }> {
  const file = options.hosts;
  if (file === undefined) {
    const hint = existsSync(IMPLICIT_HOSTS_FILE)
      ? `bisect --hosts ${IMPLICIT_HOSTS_FILE}`
      : 'bisect --hosts FILE, or bisect TARGET';
    throw new CodedError(
      'E_HOSTS',
      'bisect starts probers only where a hosts file says so by name',
      `write ${hint}`,
      2,
    );
  }
  const hosts = await readHosts(file);
  if (Object.keys(hosts.vantages).length === 0) {
    throw new CodedError('E_HOSTS', `${file} names no vantages`, 'add vantages: { here: { transport: local } }', 2);
  }
  return { hosts, notes: [] };
}

async function guess(options: BisectOptions, target: string): Promise<{ hosts: Hosts; notes: string[] }> {
  const address = await resolveAddress(target, options.family);
  const gateway = options.family === 'ipv6' ? undefined : defaultGateway();
  const hosts: Hosts = {
    vantages: { here: { transport: 'local', overlay: false } },
    targets: {
      target: { kind: 'node', address, ...(options.port === undefined ? {} : { port: options.port }) },
      ...(gateway && gateway.address !== address ? { gateway: { kind: 'external', address: gateway.address } } : {}),
      loopback: { kind: 'control', address: '127.0.0.1' },
    },
  };
  const cleared = gateway
    ? 'the gateway clears this host only while its own replies are prompt'
    : 'nothing here clears the receive queues of this host';
  return {
    hosts,
    notes: [
      `guessed paths: ${target} by ICMP and SYN${gateway ? `, the gateway ${gateway.address}` : ''}, loopback as control`,
      `one vantage cannot tell the target's side from the network before it; ${cleared}; name more vantages in a hosts file`,
    ],
  };
}

function isWanted(path: string, { only, except }: BisectOptions): boolean {
  const matches = (pattern: string): boolean =>
    new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`).test(path);
  return (only.length === 0 || only.some(matches)) && !except.some(matches);
}

function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
