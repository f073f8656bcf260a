/** What kind of packet a path is probed with. */
export const PROTOCOLS = ['icmp', 'syn', 'ack', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Whether the protocol has ports, and therefore flows that hardware can spread over queues. */
export function hasPorts(protocol: Protocol): boolean {
  return protocol !== 'icmp';
}
