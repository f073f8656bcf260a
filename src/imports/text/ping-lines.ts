import { type LineTime, timeBefore } from './line-time.js';
import { msToNs, toNs } from './text-series.js';

/** What a line of a Unix ping says of a number. */
export type PingLine =
  | {
      readonly kind: 'reply';
      readonly seq: number;
      readonly from: string;
      readonly rttNs: number | null;
      readonly ttl: number;
      readonly wholeMs: boolean;
      readonly duplicate: boolean;
      readonly otherAddress: boolean;
      readonly time: LineTime | null;
    }
  | { readonly kind: 'unanswered'; readonly seq: number; readonly time: LineTime | null }
  | { readonly kind: 'error'; readonly seq: number | null; readonly from: string; readonly icmpType: number };

const SEQ = /(?:icmp[_ ])?(?:seq|req)[= ](\d+)\b\.?/;
const BYTES = /(?:^|[\s\])\]:,])(\d{1,5}) ?[^\s\d=:]+(?:[\s，,]+[^\s=]+)*$/;
const FIELD = /([^\s=<]+?)\s?([=<])\s?(-?\d+(?:[.,]\d*)?)(?:\s?([^\s\d(=<]+)(?!\S*\s?[=<]))?/g;
const NO_TIME = /^(?:ttl|hlim|ident|id|size|bytes|flow)$/i;
/** BSD prints a router's complaint like a reply, without a number. */
const BSD_ERROR =
  /^\d+ bytes from (\S+): ?(.*(?:unreachable|exceeded|prohibited|Frag(?:mentation)? needed|quench|Parameter problem).*)$/i;
const EXCEEDED = /exceed|überschritten|dépass|super|超|превыш|超過/i;

/** What a line says; null where it is none of a Unix ping. In any language, as the numbers tell. */
export function readPingLine(line: string): PingLine | null {
  const found = SEQ.exec(line);
  if (found === null) {
    if (!line.includes(' bytes from ')) return null;
    const error = BSD_ERROR.exec(line.slice(Math.max(0, line.search(/\d+ bytes from /))));
    if (error === null) return null;
    return { kind: 'error', seq: null, from: error[1] ?? '', icmpType: EXCEEDED.test(error[2] ?? '') ? 11 : 3 };
  }
  const seq = Number(found[1]);
  const left = line.slice(0, found.index).replace(/[\s:：,，]+$/, '');
  const right = line.slice(found.index + found[0].length);
  const bytes = BYTES.exec(left);
  const fields = bytes === null && !/[=<]/.test(right) ? NO_FIELDS : fieldsOf(right);
  if (
    bytes !== null &&
    (fields.time !== null || fields.ttl !== null || right.trim() === '' || /DUP|truncated/.test(right))
  ) {
    const { time } = fields;
    const rttNs = time === null || time.number.startsWith('-') ? null : toNs(time.number, time.unit);
    return {
      kind: 'reply',
      seq,
      from: addressOf(left),
      rttNs,
      ttl: fields.ttl ?? 0,
      wholeMs: time !== null && /^\d+$/.test(time.number) && msToNs(time.number) >= 100e6,
      duplicate: right.includes('DUP'),
      otherAddress: right.includes('DIFFERENT ADDRESS'),
      time: timeBefore(left.slice(0, bytes.index + 1)),
    };
  }
  const words = right.replace(/^[\s.:]+/, '');
  if (words === '') return { kind: 'unanswered', seq, time: timeBefore(left) };
  // A redirect is advice: the probe itself went on.
  if (/redirect/i.test(words) || !/\p{L}{4}/u.test(words)) return null;
  return { kind: 'error', seq, from: addressOf(left), icmpType: EXCEEDED.test(words) ? 11 : 3 };
}

interface Fields {
  readonly ttl: number | null;
  readonly time: { readonly number: string; readonly unit: string } | null;
}
const NO_FIELDS: Fields = { ttl: null, time: null };

function fieldsOf(text: string): Fields {
  let ttl: number | null = null;
  let time: Fields['time'] = null;
  for (const [, name = '', , number = '', unit = ''] of text.matchAll(FIELD)) {
    if (/^(?:ttl|hlim)$/i.test(name)) ttl = Number(number);
    else if (!NO_TIME.test(name) && time === null) time = { number: number.replace(/[.,]$/, ''), unit };
  }
  return { ttl, time };
}

/** `192.0.2.7` of `64 bytes from gw.example (192.0.2.7)`; the last word where there are no brackets. */
function addressOf(left: string): string {
  return /\(([^()\s]+)\)\s*$/.exec(left)?.[1] ?? /([^\s，,]+)\s*$/.exec(left)?.[1]?.replace(/[:,]$/, '') ?? '';
}
