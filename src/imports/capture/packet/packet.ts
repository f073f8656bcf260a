import { word16, word32 } from './bytes.js';
import { insideEthernet, insideMpls } from './ethernet.js';
import { insideGre } from './gre.js';
import { findIp } from './link-layer.js';
import { insideUdp } from './udp-tunnels.js';
import { NONE, notRead, Unread, unreadOf } from './unread.js';

/** What a packet is to the pairing of probes with their answers. */
export const PacketKinds = {
  other: 0,
  syn: 1,
  synAck: 2,
  rstAck: 3,
  echoRequest: 4,
  echoReply: 5,
  /** An ICMP error; addresses, ports and numbers are those of the packet that it quotes. */
  icmpError: 6,
  /** A segment of a TCP connection that stands; read only where it is asked for. */
  data: 7,
} as const;

const TCP = 6;
const ICMP = 1;
const UDP = 17;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;
const GRE = 47;
const ICMPV6 = 58;
const ESP = 50;
const AH = 51;
const ETHERNET_IN_IP = 97;
const IPCOMP = 108;
const L2TPV3 = 115;
const MPLS_IN_IP = 137;
/** Hop-by-hop, routing, destination options, host identity, shim6: each says how long it is. */
const IPV6_OPTIONS: ReadonlySet<number> = new Set([0, 43, 60, 139, 140]);
const IPV6_FRAGMENT = 44;
/** A packet in a packet in a packet … ends here. */
const MOST_LAYERS = 8;

/** RFC 7323. */
const TCP_TIMESTAMPS = 8;

/**
 * Takes the headers of one packet apart, into fields that the next one overwrites: an object a packet would cost more
 * than all the rest. What is not understood, a fragment, or cut off too early is `other`. Never throws, whatever the
 * bytes.
 */
export class Packet {
  kind: number = PacketKinds.other;
  /** Addresses as four words each; IPv4 as ::ffff:a.b.c.d. */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  /** Initial sequence number of a SYN; identifier and sequence of an echo. */
  number = 0;
  /** Of an answer: the number of the probe it answers. For TCP the acknowledged one less 1. */
  answers = 0;
  /** Sequence number of a SYN-ACK itself. */
  answerNumber = 0;
  /** Bytes that a SYN carries (TCP Fast Open). */
  dataBytes = 0;
  /** Of a segment of data: the number it acknowledges, and the window as it stands there. */
  acknowledged = 0;
  window = 0;
  /** Segments of data are read too; else they are `other`. */
  readsData = false;
  /** A TCP header with options, as every kernel sends a SYN. */
  hasOptions = false;
  ttl = 0;
  /** IPv4 identification; 0 where there is none. */
  ipId = 0;
  /** TCP time stamps option, or 0. */
  stamp = 0;
  stampEcho = 0;
  icmpType = 0;
  icmpCode = 0;
  /** Of the probe: `icmpError` may quote either. */
  isTcp = false;
  /** In another IP packet. */
  tunnelled = false;
  /** Of one that is `other`: number in {@link UNREAD} of what it is in and was not looked into; -1 for nothing. */
  unread = -1;
  /** End of the IP packet, by its own length, which counts padding out; where it says none, of what was captured. */
  #end = 0;

  /** Reads `bytes` from `from` to `to`, which begin with the header of the link. */
  read(bytes: Uint8Array, from: number, to: number, linkType: number): void {
    this.kind = PacketKinds.other;
    this.tunnelled = false;
    this.dataBytes = 0;
    let at = findIp(bytes, from, to, linkType);
    for (let layer = 0; at >= 0 && layer < MOST_LAYERS; layer += 1) {
      at = this.#readIp(bytes, at, to, false);
      if (at >= 0) this.tunnelled = true;
    }
    this.unread = at >= 0 ? Unread.deep : unreadOf(at);
  }

  /** @returns where the packet inside this one begins; below 0 when there is none, see {@link findIp} */
  #readIp(bytes: Uint8Array, at: number, to: number, quoted: boolean): number {
    const version = (bytes[at] as number) >> 4;
    if (version === 4 && at + 20 <= to) {
      const length = ((bytes[at] as number) & 0x0f) * 4;
      // Only the first fragment has the ports.
      if (length < 20 || (word16(bytes, at + 6) & 0x1fff) !== 0) return NONE;
      this.#end = at + word16(bytes, at + 2);
      this.ipId = word16(bytes, at + 4);
      this.ttl = bytes[at + 8] as number;
      setIpv4(this.source, word32(bytes, at + 12));
      setIpv4(this.destination, word32(bytes, at + 16));
      return this.#readPayload(bytes, at + length, to, bytes[at + 9] as number, quoted);
    }
    if (version === 6 && at + 40 <= to) {
      this.ipId = 0;
      this.#end = at + 40 + word16(bytes, at + 4);
      this.ttl = bytes[at + 7] as number;
      for (let word = 0; word < 4; word += 1) {
        this.source[word] = word32(bytes, at + 8 + 4 * word);
        this.destination[word] = word32(bytes, at + 24 + 4 * word);
      }
      let next = bytes[at + 6] as number;
      let payload = at + 40;
      while (IPV6_OPTIONS.has(next) && payload + 8 <= to) {
        next = bytes[payload] as number;
        payload += 8 + 8 * (bytes[payload + 1] as number);
      }
      if (next === IPV6_FRAGMENT && payload + 8 <= to) {
        if ((word16(bytes, payload + 2) & 0xfff8) !== 0) return NONE;
        next = bytes[payload] as number;
        payload += 8;
      }
      return this.#readPayload(bytes, payload, to, next, quoted);
    }
    return NONE;
  }

  #readPayload(bytes: Uint8Array, at: number, to: number, protocol: number, quoted: boolean): number {
    switch (protocol) {
      case TCP:
        this.#readTcp(bytes, at, to, quoted);
        return NONE;
      case ICMP:
      case ICMPV6:
        this.#readIcmp(bytes, at, to, protocol === ICMPV6, quoted);
        return NONE;
      case UDP:
        return quoted ? NONE : insideUdp(bytes, at, to);
      default:
        return quoted ? NONE : this.#readTunnel(bytes, at, to, protocol);
    }
  }

  #readTunnel(bytes: Uint8Array, at: number, to: number, protocol: number): number {
    switch (protocol) {
      case IPV4_IN_IP:
      case IPV6_IN_IP:
        return at < to ? at : NONE;
      case GRE:
        return insideGre(bytes, at, to);
      case AH:
        // RFC 4302: what follows is not encrypted.
        return at + 8 > to || bytes[at] === AH
          ? NONE
          : this.#readPayload(bytes, at + 8 + 4 * (bytes[at + 1] as number), to, bytes[at] as number, false);
      case ETHERNET_IN_IP:
        return insideEthernet(bytes, at + 2, to);
      case MPLS_IN_IP:
        return insideMpls(bytes, at, to);
      case ESP:
        return notRead(Unread.esp);
      case IPCOMP:
        return notRead(Unread.ipcomp);
      case L2TPV3:
        return notRead(Unread.l2tpv3);
      default:
        return NONE;
    }
  }

  /** Of a quoted one the first eight bytes are sure to be there: ports and sequence number. */
  /** A segment of a connection that stands, with data or without. */
  #readData(bytes: Uint8Array, at: number, to: number): void {
    if (at + 16 > to) return;
    this.kind = PacketKinds.data;
    const header = ((bytes[at + 12] as number) >> 4) * 4;
    this.number = word32(bytes, at + 4);
    this.acknowledged = word32(bytes, at + 8);
    this.window = ((bytes[at + 14] as number) << 8) | (bytes[at + 15] as number);
    this.dataBytes = Math.max(0, this.#end - at - header);
    this.#readPorts(bytes, at);
  }

  #readTcp(bytes: Uint8Array, at: number, to: number, quoted: boolean): void {
    if (at + (quoted ? 8 : 14) > to) return;
    this.isTcp = true;
    if (quoted) {
      this.kind = PacketKinds.icmpError;
      this.#readPorts(bytes, at);
      this.number = word32(bytes, at + 4);
      return;
    }
    const flags = (bytes[at + 13] as number) & 0x17;
    if (flags === 0x10 && this.readsData) {
      this.#readData(bytes, at, to);
      return;
    }
    if (flags === 0x10 || flags === 0x11 || flags === 0) return;
    const header = ((bytes[at + 12] as number) >> 4) * 4;
    this.hasOptions = header > 20;
    if (flags === 0x02) {
      this.kind = PacketKinds.syn;
      this.number = word32(bytes, at + 4);
      this.dataBytes = Math.max(0, this.#end - at - header);
    } else if (flags === 0x12 || flags === 0x14) {
      this.kind = flags === 0x12 ? PacketKinds.synAck : PacketKinds.rstAck;
      this.answers = (word32(bytes, at + 8) - 1) | 0;
      this.answerNumber = word32(bytes, at + 4);
    } else {
      return;
    }
    this.#readPorts(bytes, at);
    this.#readStamps(bytes, at + 20, Math.min(to, at + header));
  }

  #readPorts(bytes: Uint8Array, at: number): void {
    this.sourcePort = word16(bytes, at);
    this.destinationPort = word16(bytes, at + 2);
  }

  #readStamps(bytes: Uint8Array, from: number, to: number): void {
    this.stamp = 0;
    this.stampEcho = 0;
    for (let at = from; at + 1 < to; ) {
      const kind = bytes[at] as number;
      if (kind === 0) return;
      if (kind === 1) {
        at += 1;
        continue;
      }
      const length = bytes[at + 1] as number;
      if (kind === TCP_TIMESTAMPS && length === 10 && at + 10 <= to) {
        this.stamp = word32(bytes, at + 2);
        this.stampEcho = word32(bytes, at + 6);
        return;
      }
      if (length < 2) return;
      at += length;
    }
  }

  #readIcmp(bytes: Uint8Array, at: number, to: number, six: boolean, quoted: boolean): void {
    if (at + 8 > to) return;
    const type = bytes[at] as number;
    const request = six ? 128 : 8;
    if (type === request || (type === (six ? 129 : 0) && !quoted)) {
      this.isTcp = false;
      this.sourcePort = 0;
      this.destinationPort = 0;
      this.number = word32(bytes, at + 4);
      this.answers = this.number;
      this.kind = quoted ? PacketKinds.icmpError : type === request ? PacketKinds.echoRequest : PacketKinds.echoReply;
      return;
    }
    const isError = six ? type >= 1 && type <= 4 : type === 3 || type === 11 || type === 12;
    if (quoted || !isError || at + 8 >= to) return;
    const code = bytes[at + 1] as number;
    const { ttl } = this;
    this.#readIp(bytes, at + 8, to, true);
    this.icmpType = type;
    this.icmpCode = code;
    this.ttl = ttl;
  }
}

function setIpv4(words: Int32Array, address: number): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = 0xffff;
  words[3] = address;
}
