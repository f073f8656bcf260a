import { REPLIES } from '../../../model/sample.js';
import { type Packet, PacketKinds } from '../packet/packet.js';

const REPLY = {
  synAck: REPLIES.indexOf('syn-ack'),
  rst: REPLIES.indexOf('rst'),
  echo: REPLIES.indexOf('echo'),
  unreachable: REPLIES.indexOf('unreachable'),
  ttlExceeded: REPLIES.indexOf('ttl-exceeded'),
  otherIcmp: REPLIES.indexOf('other-icmp'),
} as const;

/** The kind of an answer, as samples number it. */
export function replyOf({ kind }: Packet): number {
  return kind === PacketKinds.synAck ? REPLY.synAck : kind === PacketKinds.rstAck ? REPLY.rst : REPLY.echo;
}

/** The same of an ICMP error. */
export function errorOf({ icmpType: type }: Packet): number {
  return type === 3 || type === 1 ? REPLY.unreachable : type === 11 ? REPLY.ttlExceeded : REPLY.otherIcmp;
}
