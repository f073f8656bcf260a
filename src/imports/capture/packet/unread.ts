/** What may carry probes and is not looked into; a packet says which by its number here. */
export const UNREAD = [
  'ESP (IPsec, encrypted)',
  'IPComp (compressed)',
  'L2TPv3 over IP',
  'GRE or Geneve with something else than IP, Ethernet, MPLS or PPP inside',
  'WireGuard (encrypted)',
  'OpenVPN',
  'CAPWAP data (Wi-Fi controllers)',
  'MACsec (encrypted)',
  'PPP that is compressed or encrypted (MPPE)',
  '802.11 frames that are encrypted',
  'TRILL',
  'batman-adv',
  'a packet in a packet more than 8 deep',
  'an NSH header without IP or Ethernet behind it',
  'a GTP-U packet of another version',
  'L2TP with a hidden or unknown header',
] as const;

export const Unread = {
  esp: 0,
  ipcomp: 1,
  l2tpv3: 2,
  generic: 3,
  wireguard: 4,
  openvpn: 5,
  capwap: 6,
  macsec: 7,
  ppp: 8,
  wifi: 9,
  trill: 10,
  batman: 11,
  deep: 12,
  nsh: 13,
  gtp: 14,
  l2tp: 15,
} as const;

/** Instead of a place: there is no IP packet inside. */
export const NONE = -1;

/** Instead of a place: what is inside is not looked into; {@link unreadOf} has the number of its name. */
export function notRead(which: number): number {
  return -2 - which;
}

/** Number in {@link UNREAD}, -1 where nothing was passed over. */
export function unreadOf(place: number): number {
  return place <= -2 ? -2 - place : -1;
}
