import { execFile } from 'node:child_process';
import { isIPv6 } from 'node:net';
import { promisify } from 'node:util';

/** How packets of this host leave for an address. */
export interface Route {
  /** The first router; undefined where the address is on the same link, or this host's own. */
  readonly gateway: string | undefined;
  readonly interface: string;
}

const LIMIT_MS = 2_000;

/**
 * Asks the kernel, by `ip route get`, which heeds every table and rule and sends nothing.
 *
 * @returns undefined where it has no route, or cannot be asked
 */
export async function routeTo(address: string): Promise<Route | undefined> {
  try {
    const family = isIPv6(address) ? '-6' : '-4';
    const { stdout } = await promisify(execFile)('ip', [family, 'route', 'get', address], { timeout: LIMIT_MS });
    return parseRoute(stdout);
  } catch {
    return undefined;
  }
}

/** Reads `10.1.1.1 via 10.0.2.2 dev eth0 src 10.0.2.15 uid 0`; `via` may name the other family: `via inet6 fe80::1`. */
export function parseRoute(text: string): Route | undefined {
  const [line = ''] = text.split('\n');
  const [, device] = / dev (\S+)/.exec(line) ?? [];
  if (device === undefined || /^(unreachable|prohibit|blackhole)\b/.test(line)) return undefined;
  const [, gateway] = / via (?:inet6? )?(\S+)/.exec(line) ?? [];
  return { gateway, interface: device };
}
