import { getSystemErrorMap } from 'node:util';
import type { Summary } from '../model/summary.js';

/** ICMP types and codes of IPv4 (RFC 792, RFC 1812) and IPv6 (RFC 4443), as IANA lists them. */
const ICMP4: Readonly<Record<string, string>> = {
  '3/0': 'network unreachable',
  '3/1': 'host unreachable',
  '3/2': 'protocol unreachable',
  '3/3': 'port unreachable',
  '3/4': 'fragmentation needed',
  '3/6': 'network unknown',
  '3/7': 'host unknown',
  '3/9': 'network administratively prohibited',
  '3/10': 'host administratively prohibited',
  '3/13': 'administratively prohibited',
  '5/1': 'redirect for the host',
  '11/0': 'time to live exceeded',
  '11/1': 'fragment reassembly time exceeded',
};
const ICMP6: Readonly<Record<string, string>> = {
  '1/0': 'no route to the destination',
  '1/1': 'administratively prohibited',
  '1/3': 'address unreachable',
  '1/4': 'port unreachable',
  '1/5': 'source address failed policy',
  '1/6': 'route rejected',
  '2/0': 'packet too big',
  '3/0': 'hop limit exceeded',
};

/** Why probes failed, a line a reason. @param address of the target, which tells IPv4 from IPv6 */
export function failureLines(summary: Summary, address: string | undefined): string[] {
  const names = address?.includes(':') === true ? ICMP6 : ICMP4;
  const icmp = (summary.icmpErrors ?? []).map(({ type, code, router, probes }) => {
    const name = names[`${type}/${code}`] ?? 'an ICMP error';
    return `from ${router ?? 'an unknown router'}: ${name} (type ${type}, code ${code}), ${probes} times`;
  });
  const sends = (summary.sendErrors ?? []).map(({ errno, probes }) => {
    const [name, meaning] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, ''];
    return `sends failed: ${name}${meaning === '' ? '' : ` (${meaning})`}, ${probes} times`;
  });
  return [...icmp, ...sends];
}
