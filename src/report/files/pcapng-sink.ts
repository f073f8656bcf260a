import { formatLength } from '../../format/duration.js';
import { isRequest } from '../../model/protocol.js';
import { FRESH_FLOW, FRESH_SEQ_BIT, OUTCOMES, Outcomes, REPLIES, type SampleColumns } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { sequence } from '../probe/sample-record.js';
import { errorAbout, probePacket, replyPacket, type SynthesisedProbe } from './probe-packets.js';
import type { SampleOrigin, SampleSink, WriteBytes } from './sample-sink.js';

/**
 * The one type of which libpcap 1.10 takes more than one interface in a file and which carries both versions of IP:
 * raw IP, which would need no made-up addresses, it refuses from the second interface on.
 */
const LINKTYPE_ETHERNET = 1;
/** Locally administered: the vantage, and what is beyond. */
const HERE = [2, 0, 0, 0, 0, 1] as const;
const BEYOND = [2, 0, 0, 0, 0, 2] as const;
const NANOSECONDS = 9;
/** Outcomes become known so much later than the wait time, at most. */
const BEHIND_NS = 5 * SECOND;
const WRITTEN_AT_ONCE = 4_096;

interface Packet {
  readonly timeNs: bigint;
  readonly interfaceId: number;
  readonly bytes: Uint8Array;
  readonly comment?: string;
}

/**
 * A capture as a tap at each vantage would have seen it, made from samples: every probe at its transmit instant and
 * every reply at its receive instant, in the order of time. Addresses, ports, TTLs and instants are those of the
 * measurement; payloads and sequence numbers are made up, and so said in the file.
 */
export function createPcapngSink(write: WriteBytes): SampleSink {
  const interfaces = new Map<string, number>();
  let began = false;
  let waiting: Packet[] = [];
  let newestNs = 0n;
  let behindNs = BigInt(BEHIND_NS);

  async function begin(): Promise<void> {
    if (began) return;
    began = true;
    await write(sectionHeader());
  }

  async function interfaceOf({ run }: SampleOrigin): Promise<number> {
    const name = run.vantage ?? run.host.name;
    const known = interfaces.get(name);
    if (known !== undefined) return known;
    await begin();
    interfaces.set(name, interfaces.size);
    await write(interfaceDescription(name, run.paths[0]?.interface));
    return interfaces.size - 1;
  }

  async function writeUpTo(timeNs: bigint): Promise<void> {
    waiting.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
    let ripe = waiting.findIndex((packet) => packet.timeNs > timeNs);
    if (ripe < 0) ripe = waiting.length;
    if (ripe === 0) return;
    await write(Buffer.concat(waiting.slice(0, ripe).map(enhancedPacket)));
    waiting = waiting.slice(ripe);
  }

  return {
    samples: async (origin, samples) => {
      const interfaceId = await interfaceOf(origin);
      const waitNs = BigInt(origin.run.waitNs + BEHIND_NS);
      if (waitNs > behindNs) behindNs = waitNs;
      for (let index = 0; index < samples.length; index += 1) {
        for (const packet of packetsOf(origin, samples, index, interfaceId)) {
          waiting.push(packet);
          if (packet.timeNs > newestNs) newestNs = packet.timeNs;
        }
      }
      // Sorting now and then costs little a packet.
      if (waiting.length > 2 * WRITTEN_AT_ONCE + ripening(origin)) await writeUpTo(newestNs - behindNs);
    },
    end: async () => {
      await begin();
      await writeUpTo(newestNs);
    },
  };
}

/** Packets that are under way at a time, about. */
function ripening({ run }: SampleOrigin): number {
  return Math.ceil((2 * run.footprint.packetsPerSecond * (run.waitNs + BEHIND_NS)) / SECOND);
}

function* packetsOf(
  origin: SampleOrigin,
  samples: SampleColumns,
  index: number,
  interfaceId: number,
): Generator<Packet> {
  const probe = probeOf(origin, samples, index);
  const outcome = samples.outcome[index] ?? Outcomes.lost;
  if (probe === undefined || outcome === Outcomes.sendFailed) return;
  const sentNs = BigInt(origin.run.epochNs) + BigInt(samples.sentNs[index] ?? 0);
  const rttNs = samples.rttNs[index] ?? -1;
  const answered =
    rttNs >= 0 && (outcome === Outcomes.reply || outcome === Outcomes.late || outcome === Outcomes.error);
  const about = `${probe.path} seq ${sequence(samples, index)}`;
  // A late reply comes after the loss that was told of its probe, which is in the file by then.
  if (outcome !== Outcomes.late) {
    const comment = answered ? {} : { comment: `${about}: ${OUTCOMES[outcome]}` };
    yield { timeNs: sentNs, interfaceId, bytes: framed(probePacket(probe), BEYOND, HERE), ...comment };
  }
  if (!answered) return;
  const reply = REPLIES[samples.reply[index] ?? 0] ?? 'none';
  const ttl = samples.ttl[index] || 64;
  const packet =
    outcome === Outcomes.error || reply === 'unreachable' || reply === 'ttl-exceeded' || reply === 'other-icmp'
      ? errorAbout(probe, { ...icmpError(probe, samples, index), ttl })
      : replyPacket(probe, reply, ttl);
  const noteworthy = outcome !== Outcomes.reply || rttNs >= origin.run.thresholdNs;
  const comment = noteworthy ? { comment: `${about}: ${OUTCOMES[outcome]}, rtt ${formatLength(rttNs)}` } : {};
  yield { timeNs: sentNs + BigInt(rttNs), interfaceId, bytes: framed(packet, HERE, BEYOND), ...comment };
}

function framed(packet: Uint8Array, to: readonly number[], from: readonly number[]): Uint8Array {
  const type = (packet[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Buffer.concat([Buffer.from([...to, ...from, ...type]), packet]);
}

/** The error as it was seen; of a closed UDP port samples say only that it is unreachable. */
function icmpError(
  { target }: SynthesisedProbe,
  samples: SampleColumns,
  index: number,
): { readonly type: number; readonly code: number } {
  const type = samples.icmpType[index] ?? 0;
  if (type !== 0) return { type, code: samples.icmpCode[index] ?? 0 };
  return target.includes(':') ? { type: 1, code: 4 } : { type: 3, code: 3 };
}

function probeOf({ run, hello }: SampleOrigin, samples: SampleColumns, index: number): SynthesisedProbe | undefined {
  const number = samples.path[index] ?? 0;
  const path = run.paths[number];
  // Of a request only its times are known, not its packets.
  if (path === undefined || isRequest(path.protocol)) return undefined;
  const told = hello.paths.find((entry) => entry.path === number);
  const seq = samples.seq[index] ?? 0;
  const flow = samples.flow[index] ?? 0;
  const fresh = flow === FRESH_FLOW;
  const ports = (fresh ? told?.freshPorts : told?.sourcePorts) ?? [0, 0];
  const width = ports[1] - ports[0] + 1;
  return {
    path: path.path,
    protocol: path.protocol,
    source: told?.source ?? (path.address.includes(':') ? '::' : '0.0.0.0'),
    target: path.address,
    sourcePort: told?.ports?.[flow] ?? ports[0] + ((fresh ? seq & ~FRESH_SEQ_BIT : flow) % width),
    targetPort: path.port ?? 0,
    icmpId: told?.icmpId ?? number,
    seq,
  };
}

function sectionHeader(): Uint8Array {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(0x1a2b3c4d, 0);
  body.writeUInt16LE(1, 4);
  body.writeBigInt64LE(-1n, 8);
  const comment =
    'Made from the samples of a measurement: instants, IP addresses, ports and TTLs are measured, the rest is not.';
  return block(0x0a0d0d0a, [body, option(1, Buffer.from(comment)), option(4, Buffer.from('rxray')), OPTIONS_END]);
}

function interfaceDescription(vantage: string, device: string | undefined): Uint8Array {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  const name = device === undefined ? vantage : `${vantage}:${device}`;
  return block(1, [body, option(2, Buffer.from(name)), option(9, Buffer.from([NANOSECONDS])), OPTIONS_END]);
}

function enhancedPacket({ timeNs, interfaceId, bytes, comment }: Packet): Uint8Array {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(interfaceId, 0);
  body.writeUInt32LE(Number(timeNs >> 32n), 4);
  body.writeUInt32LE(Number(timeNs & 0xffff_ffffn), 8);
  body.writeUInt32LE(bytes.length, 12);
  body.writeUInt32LE(bytes.length, 16);
  const options = comment === undefined ? [] : [option(1, Buffer.from(comment)), OPTIONS_END];
  return block(6, [body, padded(bytes), ...options]);
}

const OPTIONS_END = Buffer.alloc(4);

function option(code: number, value: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

/** A block of the format, its length before and behind. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...parts, tail]);
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & 3;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
