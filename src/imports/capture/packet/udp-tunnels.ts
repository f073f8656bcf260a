import { word16 } from './bytes.js';
import { behindType, insideEthernet, insideMpls, insidePpp, isFrameType } from './ethernet.js';
import { NONE, notRead, Unread } from './unread.js';

const UDP_HEADER = 8;
const VXLAN_HEADER = 8;
const LEAST_VXLAN = VXLAN_HEADER + 14 + 20;

const Ports = {
  l2tp: 1_701,
  gtp: 2_152,
  teredo: 3_544,
  ipsec: 4_500,
  vxlanGpe: 4_790,
  vxlan: 4_789,
  vxlanLinux: 8_472,
  capwapData: 5_247,
  gue: 6_080,
  geneve: 6_081,
  mpls: 6_635,
  openvpn: 1_194,
  wireguard: 51_820,
} as const;

/**
 * What tunnels by UDP carry, known by their registered port; VXLAN by its form at any port, as it has moved a lot.
 * @param at of the UDP header
 */
export function insideUdp(bytes: Uint8Array, at: number, to: number): number {
  const inside = at + UDP_HEADER;
  if (inside + 8 > to) return NONE;
  const port = word16(bytes, at + 2);
  switch (port) {
    case Ports.vxlan:
    case Ports.vxlanLinux:
      return insideEthernet(bytes, inside + VXLAN_HEADER, to);
    case Ports.geneve:
      return insideGeneve(bytes, inside, to);
    case Ports.vxlanGpe:
      return insideVxlanGpe(bytes, inside, to);
    case Ports.gtp:
      return insideGtp(bytes, inside, to);
    case Ports.l2tp:
      return insideL2tp(bytes, inside, to);
    case Ports.gue:
      return insideGue(bytes, inside, to);
    case Ports.mpls:
      return insideMpls(bytes, inside, to);
    case Ports.teredo:
      return insideTeredo(bytes, inside, to);
    case Ports.capwapData:
      return notRead(Unread.capwap);
    default:
  }
  if (isVxlan(bytes, inside, to)) return insideEthernet(bytes, inside + VXLAN_HEADER, to);
  const other = word16(bytes, at);
  const isPort = (wanted: number): boolean => port === wanted || other === wanted;
  if (isPort(Ports.teredo)) return insideTeredo(bytes, inside, to);
  if (isPort(Ports.l2tp)) return insideL2tp(bytes, inside, to);
  // Key exchange begins with four zeros in place of the index of ESP.
  if (isPort(Ports.ipsec))
    return (word16(bytes, inside) | word16(bytes, inside + 2)) === 0 ? NONE : notRead(Unread.esp);
  if (isPort(Ports.openvpn)) return notRead(Unread.openvpn);
  const isData = bytes[inside] === 4 && bytes[inside + 1] === 0 && word16(bytes, inside + 2) === 0;
  return isData && isPort(Ports.wireguard) ? notRead(Unread.wireguard) : NONE;
}

/** Flags with nothing but the valid network number, zeros where zeros belong, and an Ethernet frame with IP behind it. */
function isVxlan(bytes: Uint8Array, at: number, to: number): boolean {
  if (bytes[at] !== 8 || bytes[at + 1] !== 0 || word16(bytes, at + 2) !== 0 || bytes[at + 7] !== 0) return false;
  if (at + LEAST_VXLAN > to) return false;
  const found = insideEthernet(bytes, at + VXLAN_HEADER, to);
  if (found < 0) return false;
  const version = (bytes[found] as number) >> 4;
  return version === 4 || version === 6;
}

/** RFC 8926. */
function insideGeneve(bytes: Uint8Array, at: number, to: number): number {
  const inside = at + 8 + ((bytes[at] as number) & 0x3f) * 4;
  if (inside >= to) return NONE;
  const type = word16(bytes, at + 2);
  return isFrameType(type) ? behindType(bytes, type, inside, to) : notRead(Unread.generic);
}

/** draft-ietf-nvo3-vxlan-gpe; without the bit of a next protocol it is VXLAN. */
function insideVxlanGpe(bytes: Uint8Array, at: number, to: number): number {
  const inside = at + VXLAN_HEADER;
  if (inside >= to) return NONE;
  const hasNext = ((bytes[at] as number) & 4) !== 0;
  switch (hasNext ? bytes[at + 3] : 3) {
    case 1:
    case 2:
      return inside;
    case 3:
      return insideEthernet(bytes, inside, to);
    case 4:
      return behindType(bytes, 0x894f, inside, to);
    case 5:
      return insideMpls(bytes, inside, to);
    default:
      return NONE;
  }
}

/** 3GPP TS 29.281: user packets of version 1, with extension headers. */
function insideGtp(bytes: Uint8Array, at: number, to: number): number {
  const flags = bytes[at] as number;
  if (flags >> 5 !== 1 || (flags & 0x10) === 0) return notRead(Unread.gtp);
  if (bytes[at + 1] !== 255) return NONE;
  let inside = at + 8;
  if ((flags & 7) !== 0) {
    inside += 4;
    let next = inside - 1 < to ? (bytes[inside - 1] as number) : 0;
    while ((flags & 4) !== 0 && next !== 0) {
      if (inside >= to || bytes[inside] === 0) return NONE;
      inside += (bytes[inside] as number) * 4;
      if (inside > to) return NONE;
      next = bytes[inside - 1] as number;
    }
  }
  if (inside >= to) return NONE;
  const version = (bytes[inside] as number) >> 4;
  return version === 4 || version === 6 ? inside : insideEthernet(bytes, inside, to);
}

/** RFC 2661: data messages with PPP inside. Control messages carry no packets. */
function insideL2tp(bytes: Uint8Array, at: number, to: number): number {
  const flags = word16(bytes, at);
  if ((flags & 0x8000) !== 0) return NONE;
  if ((flags & 0x0f) !== 2) return notRead(Unread.l2tp);
  let inside = at + 2 + ((flags & 0x4000) !== 0 ? 2 : 0) + 4 + ((flags & 0x0800) !== 0 ? 4 : 0);
  if ((flags & 0x0200) !== 0) {
    if (inside + 2 > to) return NONE;
    inside += 2 + word16(bytes, inside);
  }
  return insidePpp(bytes, inside, to);
}

/** draft-ietf-intarea-gue: version 1 is IP without a header, version 0 has one that says a protocol. */
function insideGue(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] as number;
  if (first >> 6 === 1) return at;
  if (first >> 6 !== 0 || (first & 0x20) !== 0) return NONE;
  const inside = at + 4 + (first & 0x1f) * 4;
  const protocol = bytes[at + 1];
  return (protocol === 4 || protocol === 41) && inside < to ? inside : NONE;
}

/** RFC 4380: an authentication and an origin may come first. */
function insideTeredo(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (at + 4 <= to && word16(bytes, at) === 1) at += 13 + (bytes[at + 2] as number) + (bytes[at + 3] as number);
  if (at + 2 <= to && word16(bytes, at) === 0) at += 8;
  return at < to && (bytes[at] as number) >> 4 === 6 ? at : NONE;
}
