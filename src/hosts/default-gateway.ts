import { readFileSync } from 'node:fs';

/** The IPv4 default gateway with the lowest metric and its interface, or `undefined`. Source: /proc/net/route. */
export function defaultGateway(routes = readRoutes()): { address: string; interface: string } | undefined {
  const [, ...lines] = routes.trim().split('\n');
  const candidates = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, gateway, , , , , mask]) => {
      return destination === '00000000' && mask === '00000000' && gateway !== '00000000';
    })
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  const [name, , gateway] = candidates[0] ?? [];
  if (name === undefined || gateway === undefined) return undefined;
  return { address: littleEndianAddress(gateway), interface: name };
}

function readRoutes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}

function littleEndianAddress(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
