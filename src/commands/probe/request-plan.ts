import { METHODS } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { parseTarget } from '../../hosts/parse-target.js';
import { resolveAddress } from '../../hosts/resolve-address.js';
import { type ResolverConfig, readResolverConfig, searchedNames } from '../../hosts/resolver-config.js';
import { CodedError } from '../../model/errors.js';
import {
  DEFAULT_INTERVAL_NS,
  DEFAULT_PROBE_FLOWS,
  DEFAULT_REQUESTS_PER_SECOND,
  type PlannedPath,
} from '../../model/plan.js';
import { DNS_WAYS, type HttpRequestSpec } from '../../model/request.js';
import { SECOND } from '../../model/time.js';
import type { ProbeOptions } from './probe-options.js';

/** Paths of requests, and of the SYN probes beside them; notes for the user on what was chosen. */
export interface RequestPaths {
  readonly paths: readonly PlannedPath[];
  readonly notes: readonly string[];
}

const DNS_PORT = 53;
/** A path of requests before it is known how many share their server. */
type Asked = Omit<PlannedPath, 'intervalNs' | 'flows' | 'freshPerSecond'> & { readonly port: number };

/**
 * The paths that `--http` and `--dns` ask for. Requests to one server share its rate, and each server gets SYN probes
 * to the same address and port on the same grid.
 *
 * @throws CodedError E_URL, E_HEADER, E_METHOD, E_RESOLVER, E_HOST
 */
export async function planRequests(options: ProbeOptions, vantage: string): Promise<RequestPaths> {
  const { requests, flows, intervalNs } = options;
  const notes: string[] = [];
  const asked = [
    ...(await Promise.all(requests.urls.map((url) => httpPath(url, options, vantage, notes)))),
    ...(await Promise.all(requests.names.map((name) => dnsPaths(name, options, vantage, notes)))).flat(),
  ];
  const sharing = new Map<string, number>();
  for (const path of asked) sharing.set(placeOf(path), (sharing.get(placeOf(path)) ?? 0) + 1);
  const paths = asked.map((path): PlannedPath => {
    const rate = requests.rate ?? DEFAULT_REQUESTS_PER_SECOND / (sharing.get(placeOf(path)) ?? 1);
    return { ...path, flows: 1, freshPerSecond: 0, intervalNs: Math.round(SECOND / rate) };
  });
  if (requests.alone) return { paths, notes };
  const servers = new Map(asked.map((path) => [placeOf(path), path]));
  const beside = [...servers.values()].map(
    ({ address, port, source }): PlannedPath => ({
      name: `${vantage}>${isIPv6(address) ? `[${address}]` : address}:${port}/syn`,
      protocol: 'syn',
      address,
      port,
      flows: flows ?? DEFAULT_PROBE_FLOWS,
      freshPerSecond: 0,
      intervalNs: intervalNs ?? DEFAULT_INTERVAL_NS,
      ...(source === undefined ? {} : { source }),
    }),
  );
  return { paths: [...paths, ...beside], notes };
}

const placeOf = ({ address, port }: Asked): string => `${address} ${port}`;

async function httpPath(text: string, options: ProbeOptions, vantage: string, notes: string[]): Promise<Asked> {
  const { requests, family } = options;
  const url = urlOf(text);
  if (requests.http2 && url.protocol === 'http:')
    notes.push(`${url.href}: HTTP/2 without TLS, by prior knowledge; a server that does not know it fails`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { address, note } = await resolveAddress(requests.connectTo ?? host, family);
  if (note !== undefined) notes.push(note);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const { body } = requests;
  const headers = requests.headers.map(headerOf);
  refuseOtherLength(headers, body);
  const spec: HttpRequestSpec = {
    kind: 'http',
    url: url.href,
    method: methodOf(requests.method ?? (body === undefined ? 'GET' : 'POST')),
    headers,
    ...(body === undefined ? {} : { body }),
    keepAlive: requests.keepAlive,
    version: requests.http2 ? '2' : '1.1',
    insecure: requests.insecure,
    lookup: requests.connectTo === undefined && isIP(host) === 0,
  };
  return { name: `${vantage}>${url.href}/http`, protocol: 'http', address, port, request: spec };
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new CodedError(
      'E_URL',
      `${text} is no URL of HTTP`,
      'write for example --http http://10.0.0.7:8080/healthz',
      2,
    );
  if (url.username !== '' || url.password !== '')
    throw new CodedError(
      'E_URL',
      'a URL with a password would stand in every result',
      "write --header 'Authorization: …'",
      2,
    );
  url.hash = '';
  return url;
}

function methodOf(text: string): string {
  const method = text.toUpperCase();
  if (METHODS.includes(method) && method !== 'CONNECT') return method;
  throw new CodedError('E_METHOD', `--method ${text} is no method of HTTP`, 'write for example --method HEAD', 2);
}

function headerOf(text: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
    return [name, value];
  throw new CodedError(
    'E_HEADER',
    `--header ${text} is no header`,
    "write for example --header 'Host: shop.example'",
    2,
  );
}

/** A server would wait for the rest, and each answer be slow by that. */
function refuseOtherLength(headers: HttpRequestSpec['headers'], body = ''): void {
  const [, length] = headers.find(([name]) => name.toLowerCase() === 'content-length') ?? [];
  const bytes = Buffer.byteLength(body);
  if (length === undefined || length === String(bytes)) return;
  throw new CodedError(
    'E_HEADER',
    `--header Content-Length: ${length}, but the body has ${bytes} bytes`,
    'leave it out: it is sent with a body',
    2,
  );
}

async function dnsPaths(text: string, options: ProbeOptions, vantage: string, notes: string[]): Promise<Asked[]> {
  const at = text.lastIndexOf('@');
  const name = asciiName(at < 0 ? text : text.slice(0, at));
  const config = await readResolverConfig(options.netns);
  const server = at < 0 ? nameserverOf(config, text) : text.slice(at + 1);
  const { host, port = DNS_PORT } = parseTarget(server);
  const { address, note } = await resolveAddress(host, options.family);
  if (note !== undefined) notes.push(note);
  // A server that is named is asked for just this name, as dig does; else as a program of this machine would ask.
  const names = at < 0 ? searchedNames(name, config) : [name.replace(/\.$/, '')];
  if (names.some((one) => !/^[^\s.]{1,63}(\.[^\s.]{1,63})*$/.test(one) || one.length > 253))
    throw new CodedError('E_NAME', `${name} is no name of DNS`, 'write for example --dns www.example.org@10.0.0.10', 2);
  if (at < 0 && config.nameservers.length > 1)
    notes.push(
      `${config.file} names ${config.nameservers.length} servers: the first, ${address}, is asked; ${text}@SERVER asks another`,
    );
  if (names.length > 1)
    notes.push(
      `${name}: up to ${names.length} names are tried, as ${config.file} says: ${names.join(', ')}; a dot at its end would ask once`,
    );
  const ways = options.requests.dnsWays.length > 0 ? options.requests.dnsWays : DNS_WAYS;
  const shown = isIPv6(address) ? `[${address}]` : address;
  return ways.map((way) => ({
    name: `${vantage}>${name}@${shown}${port === DNS_PORT ? '' : `:${port}`}${way === 'udp' ? '' : `+${way}`}/dns`,
    protocol: 'dns' as const,
    address,
    port,
    request: {
      kind: 'dns' as const,
      names: [...names],
      types: ['A' as const, 'AAAA' as const],
      way,
      timeoutNs: config.timeoutNs,
      attempts: config.attempts,
    },
  }));
}

/** As DNS carries it (RFC 3492). */
function asciiName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is no ASCII.
  return /^[\u0000-\u007f]*$/.test(name) ? name : domainToASCII(name) || name;
}

function nameserverOf(config: ResolverConfig, text: string): string {
  const [first] = config.nameservers;
  if (first !== undefined) return isIPv6(first) ? `[${first}]` : first;
  throw new CodedError('E_RESOLVER', `${config.file} names no server`, `name one: --dns ${text}@SERVER`, 2);
}
