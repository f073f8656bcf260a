import { isIPv4 } from 'node:net';

/** The network of an IPv4 address with its prefix: `10.0.3.7/24` is in `10.0.3.0/24`; undefined for anything else. */
export function subnetOf(text: string | undefined): string | undefined {
  const [address = '', prefix = ''] = (text ?? '').split('/');
  const length = /^\d{1,2}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!isIPv4(address) || !(length <= 32)) return undefined;
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const network = number - (number % 2 ** (32 - length));
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${length}`;
}
