import { isIP, isIPv6 } from 'node:net';
import { CodedError } from '../model/errors.js';

/** A target as people type it: where it is, and its port. */
export interface TypedTarget {
  readonly host: string;
  readonly port?: number;
}

/**
 * `host`, `host:port`, `[v6]:port`; a bare IPv6 address has no port.
 *
 * @throws CodedError E_TARGET for a URL, a network or a range; E_PORT for what is no port
 */
export function parseTarget(word: string): TypedTarget {
  if (isIPv6(word)) return { host: word };
  const [, scheme, authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(word) ?? [];
  if (scheme !== undefined) {
    const known: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443 };
    const bare = authority.replace(/^.*@/, '');
    const port = known[scheme.toLowerCase()];
    const suggested = /:\d+$/.test(bare) || port === undefined ? bare : `${bare}:${port}`;
    throw new CodedError('E_TARGET', `${word} is a URL; a target is HOST or HOST:PORT`, `write ${suggested}`, 2);
  }
  const [, network = '', prefix] = /^(.*)\/(\d+)$/.exec(word) ?? [];
  if (prefix !== undefined && isIP(network) !== 0) {
    throw new CodedError('E_TARGET', `${word} is a network; rxray probes the targets that it is given`, 'name each', 2);
  }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(.*)$/.exec(word) ?? [];
  if (port === undefined) return { host: word.replace(/^\[(.*)\]$/, '$1') };
  return { host: bracketed ?? plain ?? word, port: portOf(port, word) };
}

function portOf(text: string, word: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  const isRange = /^\d+\s*[-,]\s*\d+/.test(text);
  const remedy = isRange ? 'name a target for each port: HOST:80 HOST:81' : 'write HOST:443';
  throw new CodedError('E_PORT', `${word}: ${text === '' ? 'no port' : text} is not a port from 1 to 65535`, remedy, 2);
}
