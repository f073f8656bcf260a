/** Types of records that are asked for (RFC 1035, RFC 3596). */
const TYPES = { A: 1, AAAA: 28 } as const;
export type DnsType = keyof typeof TYPES;

const RECURSION_DESIRED = 0x0100;
const IS_ANSWER = 0x8000;
const TRUNCATED = 0x0200;
const HEADER_BYTES = 12;
const LONGEST_LABEL = 63;

/** What of an answer matters here. */
export interface DnsAnswer {
  readonly id: number;
  /** 0 no error, 2 server failure, 3 no such name. */
  readonly rcode: number;
  readonly truncated: boolean;
  readonly answers: number;
}

/**
 * One question, as a stub resolver asks it.
 * @throws RangeError for a name that no question can have
 */
export function encodeQuery(id: number, name: string, type: DnsType): Buffer {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.from(label));
  if (labels.some(({ length }) => length === 0 || length > LONGEST_LABEL))
    throw new RangeError(`${name} is no name of DNS`);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(RECURSION_DESIRED, 2);
  head.writeUInt16BE(1, 4);
  const tail = Buffer.from([0, 0, TYPES[type], 0, 1]);
  return Buffer.concat([head, ...labels.flatMap((label) => [Buffer.from([label.length]), label]), tail]);
}

/** @returns undefined for what is no answer */
export function decodeAnswer(message: Buffer): DnsAnswer | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & IS_ANSWER) === 0) return undefined;
  return {
    id: message.readUInt16BE(0),
    rcode: flags & 0xf,
    truncated: (flags & TRUNCATED) !== 0,
    answers: message.readUInt16BE(6),
  };
}
