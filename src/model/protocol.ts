/** What kind of packet a path is probed with. */
export const PACKET_PROTOCOLS = ['icmp', 'syn', 'ack', 'udp'] as const;
export type PacketProtocol = (typeof PACKET_PROTOCOLS)[number];

/** What a path is asked where the probe is a whole request. */
export const REQUEST_PROTOCOLS = ['http', 'dns'] as const;
export type RequestProtocol = (typeof REQUEST_PROTOCOLS)[number];

/** What a path is probed with. */
export const PROTOCOLS = [...PACKET_PROTOCOLS, ...REQUEST_PROTOCOLS] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Whether the protocol has ports, and therefore flows that hardware can spread over queues. */
export function hasPorts(protocol: Protocol): boolean {
  return protocol !== 'icmp';
}

export function isRequest(protocol: Protocol): protocol is RequestProtocol {
  return protocol === 'http' || protocol === 'dns';
}
