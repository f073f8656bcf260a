/**
 * Locally administered addresses, fixed so that neighbours need no ARP, whose packets would be stalled too.
 *
 * @param kind 1 host, 2 router, 3 node towards a pod, 4 pod, 5 uplink of the rack, 6 end of a tunnel
 */
export const macAddress = (kind: number, index: number): string => `02:00:ac:10:0${kind}:${10 + index}`;
