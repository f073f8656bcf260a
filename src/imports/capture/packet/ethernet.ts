import { word16 } from './bytes.js';
import { NONE, notRead, Unread } from './unread.js';

export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
/** Ethernet in something that says an EtherType: GRE, Geneve. */
const BRIDGED = 0x6558;
const MPLS = 0x8847;
const MPLS_MULTICAST = 0x8848;
const PPPOE = 0x8864;
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]);
const BACKBONE = 0x88e7;
const NSH = 0x894f;
const HSR = 0x892f;
const MACSEC = 0x88e5;
const TRILL = 0x22f3;
const BATMAN = 0x4305;
const CISCO_METADATA = 0x8909;
const MOST_TAGS = 12;
const HEADER = 14;

/** Whether what follows this EtherType is looked into. */
export function isFrameType(type: number): boolean {
  return (
    [IPV4, IPV6, BRIDGED, MPLS, MPLS_MULTICAST, PPPOE, BACKBONE, NSH, HSR, MACSEC, TRILL, BATMAN].includes(type) ||
    VLAN.has(type)
  );
}

/** Where the IP header of an Ethernet frame begins; see {@link behindType}. */
export function insideEthernet(bytes: Uint8Array, from: number, to: number): number {
  if (from + HEADER > to) return NONE;
  return behindType(bytes, word16(bytes, from + 12), from + HEADER, to);
}

/**
 * Where the IP header begins behind an EtherType: VLAN tags, MPLS labels, PPPoE, provider backbone and HSR tags and
 * network service headers are passed over.
 *
 * @param from of what follows the EtherType
 * @returns NONE, or what {@link notRead} says, where there is no IP header within `to`
 */
export function behindType(bytes: Uint8Array, type: number, from: number, to: number): number {
  let protocol = type;
  let at = from;
  for (let tags = 0; tags < MOST_TAGS; tags += 1) {
    if (protocol === IPV4 || protocol === IPV6) return at < to ? at : NONE;
    if (VLAN.has(protocol)) {
      if (at + 4 > to) return NONE;
      protocol = word16(bytes, at + 2);
      at += 4;
      continue;
    }
    switch (protocol) {
      case MPLS:
      case MPLS_MULTICAST:
        return insideMpls(bytes, at, to);
      case PPPOE:
        return insidePpp(bytes, at + 6, to);
      case BRIDGED:
        at += HEADER;
        if (at > to) return NONE;
        protocol = word16(bytes, at - 2);
        break;
      case BACKBONE:
        // 802.1ah: the tag with its service, then the whole frame of the customer.
        at += 4 + HEADER;
        if (at > to) return NONE;
        protocol = word16(bytes, at - 2);
        break;
      case HSR:
        if (at + 6 > to) return NONE;
        protocol = word16(bytes, at + 4);
        at += 6;
        break;
      case CISCO_METADATA:
        if (at + 8 > to) return NONE;
        protocol = word16(bytes, at + 6);
        at += 8;
        break;
      case NSH:
        return insideNsh(bytes, at, to);
      case MACSEC:
        return insideMacsec(bytes, at, to);
      case TRILL:
        return notRead(Unread.trill);
      case BATMAN:
        return notRead(Unread.batman);
      default:
        // 802.3 with a length: LLC, and SNAP with an EtherType.
        return protocol <= 1_500 ? insideLlc(bytes, at, to) : NONE;
    }
  }
  return NONE;
}

/** LLC with SNAP; without it there is no IP that anybody sends. */
export function insideLlc(bytes: Uint8Array, at: number, to: number): number {
  const isSnap = at + 8 <= to && bytes[at] === 0xaa && bytes[at + 1] === 0xaa && bytes[at + 2] === 3;
  if (!isSnap) return NONE;
  const type = word16(bytes, at + 6);
  return type === IPV4 || type === IPV6 ? (at + 8 < to ? at + 8 : NONE) : NONE;
}

/** Labels, then IP by its version; or a frame of a pseudowire, with or without its control word (RFC 4448). */
export function insideMpls(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (let labels = 0; labels < MOST_TAGS; labels += 1) {
    if (at + 4 > to) return NONE;
    const isLast = ((bytes[at + 2] as number) & 1) === 1;
    at += 4;
    if (!isLast) continue;
    if (at >= to) return NONE;
    const nibble = (bytes[at] as number) >> 4;
    if (nibble === 4 || nibble === 6) return at;
    return pseudowire(bytes, nibble === 0 && word16(bytes, at) === 0 ? at + 4 : at, to);
  }
  return NONE;
}

function pseudowire(bytes: Uint8Array, at: number, to: number): number {
  if (at + HEADER >= to) return NONE;
  const type = word16(bytes, at + 12);
  return type === IPV4 || type === IPV6 || VLAN.has(type) ? insideEthernet(bytes, at, to) : NONE;
}

/** From the address and control bytes on, which may be left out, as the first byte of the protocol may (RFC 1661). */
export function insidePpp(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (at + 2 <= to && bytes[at] === 0xff && bytes[at + 1] === 3) at += 2;
  if (at + 1 >= to) return NONE;
  const isShort = ((bytes[at] as number) & 1) === 1;
  const protocol = isShort ? (bytes[at] as number) : word16(bytes, at);
  at += isShort ? 1 : 2;
  switch (protocol) {
    case 0x21:
    case 0x57:
      return at < to ? at : NONE;
    case 0x31:
      // Bridged: flags and kind of the frame come first.
      return insideEthernet(bytes, at + 2, to);
    case 0x281:
      return insideMpls(bytes, at, to);
    case 0xfd:
    case 0xfb:
    case 0x2d:
    case 0x2f:
    case 0x53:
    case 0x55:
      return notRead(Unread.ppp);
    default:
      return NONE;
  }
}

function insideNsh(bytes: Uint8Array, at: number, to: number): number {
  if (at + 8 > to) return NONE;
  const inside = at + (word16(bytes, at) & 0x3f) * 4;
  switch (bytes[at + 3]) {
    case 1:
    case 2:
      return inside < to ? inside : NONE;
    case 3:
      return insideEthernet(bytes, inside, to);
    case 5:
      return insideMpls(bytes, inside, to);
    default:
      return notRead(Unread.nsh);
  }
}

/** Behind a header without encryption the frame goes on as it was. */
function insideMacsec(bytes: Uint8Array, at: number, to: number): number {
  if (at + 8 > to) return NONE;
  const tag = bytes[at] as number;
  if ((tag & 0x0c) !== 0) return notRead(Unread.macsec);
  const inside = at + ((tag & 0x20) !== 0 ? 14 : 6);
  if (inside + 2 > to) return NONE;
  const type = word16(bytes, inside);
  return type === IPV4 || type === IPV6 ? inside + 2 : NONE;
}
