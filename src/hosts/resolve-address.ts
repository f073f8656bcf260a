import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CodedError } from '../model/errors.js';

export type Family = 'any' | 'ipv4' | 'ipv6';

const FAMILY_NUMBER = { any: 0, ipv4: 4, ipv6: 6 } as const;

/**
 * The numeric address of a host: itself, or the first one the resolver gives.
 *
 * @throws CodedError E_HOST when there is none of that family
 */
export async function resolveAddress(host: string, family: Family): Promise<string> {
  const literal = isIP(host);
  if (literal !== 0) {
    if (family === 'any' || FAMILY_NUMBER[family] === literal) return host;
    throw new CodedError('E_HOST', `${host} is no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`, 'drop -4 or -6', 2);
  }
  try {
    return (await lookup(host, { family: FAMILY_NUMBER[family] })).address;
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new CodedError(
      'E_HOST',
      `unknown host ${host} (${why})`,
      'check the name, give a numeric address, or name it in hosts.yaml',
      2,
    );
  }
}
