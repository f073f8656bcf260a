import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CodedError } from '../model/errors.js';

export type Family = 'any' | 'ipv4' | 'ipv6';

const FAMILY_NUMBER = { any: 0, ipv4: 4, ipv6: 6 } as const;
/** Further addresses that are named. */
const OTHERS_TOLD = 4;

export interface Resolved {
  readonly address: string;
  /** For people, where a name has several addresses: which was taken, and which were not. */
  readonly note?: string;
}

/**
 * The numeric address of a host: itself, or the first one the resolver gives.
 *
 * @throws CodedError E_HOST when there is none of that family
 */
export async function resolveAddress(host: string, family: Family): Promise<Resolved> {
  const literal = isIP(host);
  if (literal !== 0) {
    if (family === 'any' || FAMILY_NUMBER[family] === literal) return { address: host };
    throw new CodedError('E_HOST', `${host} is no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`, 'drop -4 or -6', 2);
  }
  const found = await lookup(host, { family: FAMILY_NUMBER[family], all: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new CodedError(
        'E_HOST',
        `unknown host ${host} (${cause.code ?? cause.message})`,
        'check the name, give a numeric address, or name it in hosts.yaml',
        2,
      );
    },
  );
  const [address = '', ...others] = [...new Set(found.map((one) => one.address))];
  if (others.length === 0) return { address };
  const told = [...others.slice(0, OTHERS_TOLD), ...(others.length > OTHERS_TOLD ? ['…'] : [])].join(', ');
  return { address, note: `${host} has ${others.length + 1} addresses: ${address} is probed, not ${told}` };
}
