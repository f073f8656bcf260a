import { word16 } from './bytes.js';
import { behindType, IPV4, IPV6, insideEthernet, insidePpp, isFrameType } from './ethernet.js';
import { NONE, notRead, Unread } from './unread.js';

const PPP = 0x880b;
const ERSPAN = 0x88be;
const ERSPAN_3 = 0x22eb;
const WCCP = 0x883e;
/** Control protocols that run beside what a tunnel carries: next hop resolution, keep-alive, IS-IS, CDP. */
const CONTROL: ReadonlySet<number> = new Set([0x2001, 0x0000, 0x00fe, 0x2000]);

/**
 * Generic routing encapsulation (RFC 2784, 2890), as PPTP has it too (RFC 2637), and ERSPAN of types I to III, in which
 * switches send what passes a mirrored port.
 */
export function insideGre(bytes: Uint8Array, at: number, to: number): number {
  if (at + 4 > to) return NONE;
  const flags = bytes[at] as number;
  const version = (bytes[at + 1] as number) & 7;
  const protocol = word16(bytes, at + 2);
  if (version === 1 && protocol === PPP) {
    const inside = at + 8 + (flags & 0x10 ? 4 : 0) + ((bytes[at + 1] as number) & 0x80 ? 4 : 0);
    return inside < to ? insidePpp(bytes, inside, to) : NONE;
  }
  if (version !== 0) return notRead(Unread.generic);
  const hasSequence = (flags & 0x10) !== 0;
  const inside = at + 4 + ((flags & 0xc0) !== 0 ? 4 : 0) + (flags & 0x20 ? 4 : 0) + (hasSequence ? 4 : 0);
  // Source routes have not been seen for decades (RFC 2784 took them out).
  if ((flags & 0x40) !== 0) return notRead(Unread.generic);
  if (inside >= to) return NONE;
  switch (protocol) {
    case ERSPAN:
      // Type I has no header of its own, and no sequence number by which one knows it.
      return insideEthernet(bytes, hasSequence ? inside + 8 : inside, to);
    case ERSPAN_3:
      return insideErspan3(bytes, inside, to);
    case WCCP:
      return inside + 4 < to && (bytes[inside] as number) >> 4 !== 4 ? inside + 4 : inside;
    case PPP:
      return insidePpp(bytes, inside, to);
    default: {
      if (protocol === IPV4 || protocol === IPV6) return inside;
      if (CONTROL.has(protocol)) return NONE;
      return isFrameType(protocol) ? behindType(bytes, protocol, inside, to) : notRead(Unread.generic);
    }
  }
}

/** draft-foschiano-erspan: 12 bytes, and 8 more where the last bit says so; Ethernet inside, or IP. */
function insideErspan3(bytes: Uint8Array, at: number, to: number): number {
  if (at + 12 > to) return NONE;
  const inside = at + 12 + ((bytes[at + 11] as number) & 1 ? 8 : 0);
  const frameType = ((bytes[at + 10] as number) >> 2) & 0x1f;
  if (frameType === 2) return inside < to ? inside : NONE;
  return insideEthernet(bytes, inside, to);
}
