import { word16, word32 } from './bytes.js';
import { behindType, insideEthernet, insideMpls, insidePpp } from './ethernet.js';
import { NONE } from './unread.js';
import { insideRadiotap, insideWifi } from './wireless.js';

/** LINKTYPE_* as https://www.tcpdump.org/linktypes.html numbers them. */
export const LinkTypes = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  wifi: 105,
  loop: 108,
  enc: 109,
  cooked: 113,
  pflog: 117,
  prism: 119,
  radiotap: 127,
  avs: 163,
  pppPppd: 166,
  ppi: 192,
  pppWithDirection: 204,
  hdlcWithDirection: 205,
  mpls: 219,
  ipnet: 226,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  pktap: 258,
  cooked2: 276,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(LinkTypes));
/** NFULA_PAYLOAD of linux/netfilter/nfnetlink_log.h. */
const NFLOG_PAYLOAD = 9;

/** Whether packets of this link type are understood. */
export function isKnownLink(linkType: number): boolean {
  return KNOWN.has(linkType);
}

/**
 * Where the IP header begins in a packet of this link type; below 0 when it has none, or none within `to`, or in
 * something that is not looked into. The address family of a BSD loopback is not looked at, as systems differ in it and
 * in its byte order: the IP header says its version itself.
 */
export function findIp(bytes: Uint8Array, from: number, to: number, linkType: number): number {
  switch (linkType) {
    case LinkTypes.ethernet:
      return insideEthernet(bytes, from, to);
    case LinkTypes.cooked:
      return from + 16 > to ? NONE : behindType(bytes, word16(bytes, from + 14), from + 16, to);
    case LinkTypes.cooked2:
      return from + 20 > to ? NONE : behindType(bytes, word16(bytes, from), from + 20, to);
    case LinkTypes.null:
    case LinkTypes.loop:
      return from + 4 < to ? from + 4 : NONE;
    case LinkTypes.raw:
    case LinkTypes.rawBsd:
    case LinkTypes.rawOpenBsd:
    case LinkTypes.ipv4:
    case LinkTypes.ipv6:
      return from < to ? from : NONE;
    default:
      return findIpInRareLink(bytes, from, to, linkType);
  }
}

function findIpInRareLink(bytes: Uint8Array, from: number, to: number, linkType: number): number {
  switch (linkType) {
    case LinkTypes.ppp:
    case LinkTypes.pppHdlc:
      return insidePppOrHdlc(bytes, from, to);
    case LinkTypes.pppoe:
      return insidePpp(bytes, from + 6, to);
    case LinkTypes.pppPppd:
    case LinkTypes.pppWithDirection:
      return insidePpp(bytes, from + 1, to);
    case LinkTypes.ciscoHdlc:
      return insideHdlc(bytes, from, to);
    case LinkTypes.hdlcWithDirection:
      return insideHdlc(bytes, from + 1, to);
    case LinkTypes.mpls:
      return insideMpls(bytes, from, to);
    case LinkTypes.wifi:
      return insideWifi(bytes, from, to);
    case LinkTypes.radiotap:
      return insideRadiotap(bytes, from, to);
    case LinkTypes.prism:
      return insideWifi(bytes, from + 144, to);
    case LinkTypes.avs:
      return from + 8 > to ? NONE : insideWifi(bytes, from + word32(bytes, from + 4), to);
    case LinkTypes.ppi:
      return insidePpi(bytes, from, to);
    case LinkTypes.enc:
      return from + 12 < to ? from + 12 : NONE;
    case LinkTypes.pflog:
      return insidePflog(bytes, from, to);
    case LinkTypes.ipnet:
      return from + 24 < to ? from + 24 : NONE;
    case LinkTypes.nflog:
      return insideNflog(bytes, from, to);
    case LinkTypes.pktap:
      return insidePktap(bytes, from, to);
    default:
      return NONE;
  }
}

/** Of LINKTYPE_PPP some captures have Cisco's framing instead, which begins with another address. */
function insidePppOrHdlc(bytes: Uint8Array, from: number, to: number): number {
  return bytes[from] === 0x0f || bytes[from] === 0x8f ? insideHdlc(bytes, from, to) : insidePpp(bytes, from, to);
}

/** Address, control, EtherType. */
function insideHdlc(bytes: Uint8Array, from: number, to: number): number {
  return from + 4 > to ? NONE : behindType(bytes, word16(bytes, from + 2), from + 4, to);
}

/** Family, version, resource, then attributes of a length in the byte order of the machine: little-endian by now. */
function insideNflog(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from + 4; at + 4 <= to; ) {
    const length = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const type = ((bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)) & 0x7fff;
    if (length < 4) return NONE;
    if (type === NFLOG_PAYLOAD) return at + 4 < to ? at + 4 : NONE;
    at += (length + 3) & ~3;
  }
  return NONE;
}

/** Apple's: length of its header, and the link type behind it, little-endian. */
function insidePktap(bytes: Uint8Array, from: number, to: number): number {
  if (from + 12 > to) return NONE;
  const little = (at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  const linkType = little(from + 8);
  const inside = from + little(from);
  if (inside <= from || inside >= to || linkType === LinkTypes.pktap) return NONE;
  return findIp(bytes, inside, to, linkType);
}

function insidePpi(bytes: Uint8Array, from: number, to: number): number {
  if (from + 8 > to) return NONE;
  const little = (at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  const inside = from + little(from + 2);
  const linkType = little(from + 4);
  if (inside <= from || inside >= to || linkType === LinkTypes.ppi) return NONE;
  return findIp(bytes, inside, to, linkType);
}

/** Its length, padded to a multiple of four, comes first. */
function insidePflog(bytes: Uint8Array, from: number, to: number): number {
  const inside = from + (((bytes[from] as number) + 3) & ~3);
  return inside > from && inside < to ? inside : NONE;
}

const NAMES: Readonly<Record<number, string>> = {
  6: 'token ring',
  7: 'ARCnet',
  8: 'SLIP',
  10: 'FDDI',
  11: 'ATM',
  100: 'ATM',
  106: 'Linux classical IP over ATM',
  107: 'frame relay',
  114: 'LocalTalk',
  123: 'ATM of SunATM',
  129: 'ARCnet of Linux',
  138: 'FireWire',
  143: 'DOCSIS',
  144: 'IrDA',
  147: 'private (USER0)',
  165: 'BACnet',
  187: 'Bluetooth',
  189: 'USB of Linux',
  190: 'CAN of a car',
  195: '802.15.4 (Zigbee)',
  201: 'Bluetooth',
  215: '802.15.4 (Zigbee)',
  220: 'USB of Linux',
  227: 'CAN of Linux',
  230: '802.15.4 (Zigbee)',
  231: 'D-Bus',
  242: 'InfiniBand',
  247: 'InfiniBand',
  249: 'USB of Windows',
  251: 'Bluetooth low energy',
  252: 'exported by Wireshark',
  253: 'netlink',
  254: 'Bluetooth of Linux',
  266: 'USB of Mac OS',
  268: 'iSCSI',
  271: 'vsock',
  272: 'Bluetooth of Nordic',
  277: 'ZWave',
  283: '802.15.4 (Zigbee)',
};

/** `USB of Linux (link type 189)`. */
export function linkName(linkType: number): string {
  const name = NAMES[linkType] ?? (linkType >= 147 && linkType <= 162 ? 'private' : undefined);
  return name === undefined ? `link type ${linkType}` : `${name} (link type ${linkType})`;
}
