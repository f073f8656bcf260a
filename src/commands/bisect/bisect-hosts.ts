import { existsSync } from 'node:fs';
import { formatLength } from '../../format/duration.js';
import { requireVantages } from '../../hosts/find-vantage.js';
import { type Hosts, readHosts } from '../../hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../hosts/measured-paths.js';
import { parseTarget } from '../../hosts/parse-target.js';
import { resolveAddress } from '../../hosts/resolve-address.js';
import { routeTo } from '../../hosts/route-to.js';
import { withUrl } from '../../hosts/with-url.js';
import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { IMPLICIT_HOSTS_FILE } from '../probe/probe-targets.js';
import type { BisectOptions } from './bisect-options.js';
import { isWanted } from './wanted-path.js';

export interface BisectHosts {
  readonly hosts: Hosts;
  readonly paths: readonly HostsPath[];
  /** What the user should know of how the paths were chosen. */
  readonly notes: readonly string[];
  /** By vantage: the first and the last source port that it may use, where ports of its paths were chosen among them. */
  readonly sourcePorts?: ReadonlyMap<string, readonly [number, number]>;
}

/** What to measure: the hosts file's paths, or a sensible guess around one target. */
export async function bisectHosts(options: BisectOptions): Promise<BisectHosts> {
  const { hosts, notes } = options.found ?? (await wanted(options));
  const all = measuredPaths(hosts, options.intervalNs);
  const paths = all.filter(({ measured }) => isWanted(measured.name, options.only, options.except));
  if (paths.length === 0) {
    throw new CodedError(
      'E_PATHS',
      `no path is left to measure of ${all.map(({ measured }) => measured.name).join(', ') || 'none'}`,
      'loosen --only and --except',
      2,
    );
  }
  const isGuessed = options.target !== undefined && options.hosts === undefined;
  const guessed = isGuessed && !options.plan ? [announcement(paths, options)] : [];
  return { hosts, paths, notes: [...notes, ...guessed] };
}

async function wanted(options: BisectOptions): Promise<{ hosts: Hosts; notes: string[] }> {
  const { target, hosts: file } = options;
  if (target === undefined) return fromFile(options);
  if (file === undefined) return guess(options, target);
  const url = urlOf(target);
  if (url === undefined)
    throw new CodedError(
      'E_USAGE',
      `the hosts file says what to measure, and so does ${target}`,
      'leave one of them out, or give a URL, which is asked beside the paths of the file',
      2,
    );
  const { hosts, notes } = await fromFile(options);
  const place = placeOf(url);
  const { address, note } = await resolveAddress(place.host, options.family);
  return { hosts: withUrl(hosts, url, { address, port: place.port }), notes: [...notes, ...(note ? [note] : [])] };
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
  requireVantages(hosts, file);
  return { hosts, notes: [] };
}

/** Paths around one target. The gateway is probed only where it lies on the way there: nobody asked for it. */
async function guess(options: BisectOptions, word: string): Promise<{ hosts: Hosts; notes: string[] }> {
  const url = urlOf(word);
  const typed = url === undefined ? parseTarget(word) : placeOf(url);
  const { address, note } = await resolveAddress(typed.host, options.family);
  const route = await routeTo(address);
  const port = options.port ?? typed.port;
  const gateway = route?.gateway === address ? undefined : route?.gateway;
  const way =
    route === undefined
      ? `the way to ${address} is not known, so no gateway is probed`
      : gateway === undefined
        ? `${address} is reached without a gateway`
        : `the gateway ${gateway} (${route.interface}) lies on the way to ${address}`;
  const cleared =
    gateway === undefined
      ? 'nothing here clears the receive queues of this host'
      : 'the gateway clears this host only while its own replies are prompt';
  return {
    hosts: guessedHosts(address, port, gateway, url?.href),
    notes: [
      ...(note === undefined ? [] : [note]),
      `guessed paths: ${way}; loopback is the control`,
      guessedKind(address, port),
      `one vantage cannot tell the target's side from the network before it; ${cleared}; name more vantages in a hosts file`,
    ],
  };
}

/**
 * What stands behind a bare address is not known. Its port may be answered by another machine (a NodePort, a load
 * balancer), so it is a target of its own, through translation: what holds it alone is no queue of the address.
 */
export function guessedHosts(
  address: string,
  port: number | undefined,
  gateway: string | undefined,
  url?: string,
): Hosts {
  return {
    vantages: { here: { transport: 'local', overlay: false } },
    targets: {
      target: { kind: 'external', address },
      ...(port === undefined
        ? {}
        : { [`port-${port}`]: { kind: 'nodeport', address, port, ...(url === undefined ? {} : { url }) } }),
      ...(gateway === undefined ? {} : { gateway: { kind: 'external', address: gateway } }),
      loopback: { kind: 'control', address: '127.0.0.1' },
    },
    ...(port === undefined
      ? {}
      : {
          paths: [
            { from: 'here', to: 'target', probe: 'icmp' },
            { from: 'here', to: `port-${port}`, probe: 'syn' },
            ...(url === undefined ? [] : [{ from: 'here', to: `port-${port}`, probe: 'http' as const }]),
            ...(gateway === undefined
              ? []
              : (['icmp', 'syn'] as const).map((probe) => ({ from: 'here', to: 'gateway', probe }))),
            { from: 'here', to: 'loopback', probe: 'icmp' },
          ],
        }),
  };
}

function guessedKind(address: string, port: number | undefined): string {
  return port === undefined
    ? `what ${address} is was not said: it is taken for one machine that answers for itself; a load balancer or service needs a hosts file`
    : `what answers on port ${port} was not said: it may be another machine behind ${address} (a NodePort, a load balancer), or several; a hosts file says it (kind, backends)`;
}

function urlOf(word: string): URL | undefined {
  return /^https?:\/\//i.test(word) && URL.canParse(word) ? new URL(word) : undefined;
}

/** Where the server of a URL is. */
function placeOf(url: URL): { readonly host: string; readonly port: number } {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** What will be sent to whom, said before it is: nobody wrote these paths down. */
export function announcement(
  paths: readonly HostsPath[],
  options: Pick<BisectOptions, 'durationNs' | 'fixedDuration'>,
): string {
  const perAddress = new Map<string, { packets: number; protocols: Set<string> }>();
  for (const { planned, measured } of paths) {
    if (measured.targetKind === 'control') continue;
    const entry = perAddress.get(planned.address) ?? { packets: 0, protocols: new Set() };
    entry.packets += SECOND / planned.intervalNs + planned.freshPerSecond;
    entry.protocols.add(
      planned.request?.kind === 'http'
        ? `GET ${planned.request.url}`
        : planned.port === undefined
          ? 'ICMP echo'
          : `SYN to port ${planned.port}`,
    );
    perAddress.set(planned.address, entry);
  }
  const each = [...perAddress].map(
    ([address, { packets, protocols }]) =>
      `${Math.round(packets)} packets/s to ${address} (${[...protocols].join(', ')})`,
  );
  const length = formatLength(options.durationNs);
  return `sends ${each.join(' and ')}, ${options.fixedDuration ? `for ${length}` : `until the verdict is settled, ${length} at most`}`;
}
