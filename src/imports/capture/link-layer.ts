/** LINKTYPE_* as tcpdump.org numbers them. */
export const LinkTypes = {
  null: 0,
  ethernet: 1,
  raw: 101,
  rawBsd: 12,
  rawOpenBsd: 14,
  loop: 108,
  cooked: 113,
  ipv4: 228,
  ipv6: 229,
  cooked2: 276,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(LinkTypes));

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const MPLS = 0x8847;
const PPPOE = 0x8864;
const MOST_TAGS = 8;

/** Whether packets of this link type are understood. */
export function isKnownLink(linkType: number): boolean {
  return KNOWN.has(linkType);
}

/**
 * Where the IP header begins in a packet of this link type; -1 when it has none, or none within `to`. VLAN tags, MPLS
 * labels and PPPoE are passed over. The address family of a BSD loopback is not looked at, as systems differ in it and
 * in its byte order: the IP header says its version itself.
 */
export function findIp(bytes: Uint8Array, from: number, to: number, linkType: number): number {
  switch (linkType) {
    case LinkTypes.ethernet:
      return from + 14 > to ? -1 : behindTags(bytes, word16(bytes, from + 12), from + 14, to);
    case LinkTypes.cooked:
      return from + 16 > to ? -1 : behindTags(bytes, word16(bytes, from + 14), from + 16, to);
    case LinkTypes.cooked2:
      return from + 20 > to ? -1 : behindTags(bytes, word16(bytes, from), from + 20, to);
    case LinkTypes.null:
    case LinkTypes.loop:
      return from + 4 < to ? from + 4 : -1;
    case LinkTypes.raw:
    case LinkTypes.rawBsd:
    case LinkTypes.rawOpenBsd:
    case LinkTypes.ipv4:
    case LinkTypes.ipv6:
      return from < to ? from : -1;
    default:
      return -1;
  }
}

function behindTags(bytes: Uint8Array, type: number, from: number, to: number): number {
  let protocol = type;
  let at = from;
  for (let tags = 0; tags < MOST_TAGS; tags += 1) {
    if (protocol === IPV4 || protocol === IPV6) return at < to ? at : -1;
    if (protocol === 0x8100 || protocol === 0x88a8 || protocol === 0x9100) {
      if (at + 4 > to) return -1;
      protocol = word16(bytes, at + 2);
      at += 4;
    } else if (protocol === PPPOE) {
      if (at + 8 > to) return -1;
      const inside = word16(bytes, at + 6);
      protocol = inside === 0x0021 ? IPV4 : inside === 0x0057 ? IPV6 : 0;
      at += 8;
    } else if (protocol === MPLS) {
      if (at + 4 > to) return -1;
      const bottom = ((bytes[at + 2] as number) & 1) === 1;
      at += 4;
      protocol = bottom ? IPV4 : MPLS;
    } else {
      return -1;
    }
  }
  return -1;
}

function word16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
