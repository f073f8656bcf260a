import * as z from 'zod';
import { ENGINES } from '../engine-name.js';
import { PROTOCOLS } from '../protocol.js';
import { REQUEST_PHASES, requestSpecSchema } from '../request.js';

/** The number of the NDJSON schema: fields may be added to a schema, never renamed or removed. */
export const SCHEMA = 1;

/** One path of a run. */
const runPathSchema = z.object({
  path: z.string(),
  protocol: z.enum(PROTOCOLS),
  address: z.string(),
  port: z.int().optional(),
  flows: z.int(),
  freshPerSecond: z.number(),
  intervalNs: z.int(),
  interface: z.string().optional(),
  source: z.string().optional(),
  sourcePorts: z.tuple([z.int(), z.int()]).readonly().nullable().optional(),
  ports: z
    .array(z.int())
    .readonly()
    .optional()
    .describe('of each flow its source port, where they are no row; sourcePorts then encloses them'),
  request: requestSpecSchema.optional().describe('what is asked, on paths of protocol http and dns'),
  timestamps: z.literal('user').optional().describe('of this path, where they are not those of the run'),
});
export type RunPath = z.infer<typeof runPathSchema>;

/** A path that shows itself while a capture is imported; it stands before its first sample. */
export const pathRecordSchema = runPathSchema.extend({ type: z.literal('path') });
export type PathRecord = z.infer<typeof pathRecordSchema>;

/** The first line of a run in NDJSON: who measured what, with which means. */
export const runRecordSchema = z.object({
  type: z.literal('run'),
  schema: z.literal(SCHEMA),
  version: z.string().describe('of rxray'),
  command: z.string(),
  vantage: z.string().optional().describe('bisect: one such line for each vantage, all with the same epochNs'),
  epochNs: z
    .string()
    .regex(/^-?\d+$/)
    .describe('CLOCK_REALTIME, in nanoseconds, of the instant all instants count from'),
  engine: z.enum([...ENGINES, 'import']),
  engineWhy: z.string().optional().describe('why this engine, where none was named'),
  limits: z.array(z.string()).optional().describe('what limits the worth of all that this engine measures'),
  timestamps: z.enum(['hw', 'kernel', 'user', 'sim']).describe('where both stamps of an RTT come from'),
  clock: z.string().describe('which clock instants are on'),
  host: z.object({ name: z.string(), kernel: z.string(), machine: z.string() }),
  options: z.record(z.string(), z.unknown()).describe('as resolved'),
  thresholdNs: z.int(),
  waitNs: z.int(),
  scheduling: z.enum(['fifo', 'other']),
  memoryLocked: z.boolean(),
  cpu: z.int().nullable().describe('the CPU the prober is bound to'),
  paths: z.array(runPathSchema).describe('of an import only those known when it begins: see records of type path'),
  imported: z
    .object({ files: z.array(z.string()), tool: z.string() })
    .optional()
    .describe('whose output this is; the host is then not known'),
  footprint: z.object({
    packetsPerSecond: z.number(),
    conntrackEntries: z.number().describe('entries kept alive in a connection tracker on the way'),
  }),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

const phase = z.int().optional();

/** The phases of a request, in nanoseconds; those that did not happen are left out. */
const requestRecordSchema = z.object({
  latencyNs: z.int().optional().describe('from the due instant to the end: what an open loop measures'),
  dnsNs: phase.describe('name to address'),
  connectNs: phase.describe('TCP handshake'),
  tlsNs: phase.describe('TLS handshake'),
  firstByteNs: phase.describe('from then to the head of the answer'),
  bodyNs: phase.describe('from the head to the last byte'),
  reached: z.enum(REQUEST_PHASES).describe('done, or the phase that had not ended, with its time so far'),
  status: z.int().optional().describe('of HTTP; of DNS the response code'),
  bytes: z.int(),
  reused: z.boolean().optional().describe('on a connection that was open already'),
  retried: z
    .boolean()
    .optional()
    .describe('that connection was closed: sent again on a new one; DNS: over TCP, as UDP cut the answer short'),
  answerStamps: z
    .literal('kernel')
    .optional()
    .describe('handshake and answer have the stamps of the segments that brought them; else those of a process'),
  queries: z.int().optional().describe('DNS: sent for this one name'),
  unanswered: z.int().optional().describe('DNS: of these without an answer'),
  failure: z.string().optional().describe('why it failed, as Node.js names it: ECONNRESET'),
});
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** One probe in NDJSON. */
export const sampleRecordSchema = z.object({
  type: z.literal('sample'),
  path: z.string(),
  seq: z.int().describe('number on the path; those of fresh source ports count apart'),
  flow: z.int().nullable().describe('null for a probe from a source port of its own'),
  due: z.int().describe('planned send instant, ns since epochNs'),
  sent: z.int().describe('actual send instant, ns since epochNs'),
  outcome: z.enum(['reply', 'late', 'lost', 'send-failed', 'error', 'rate-limited']),
  reply: z.enum(['syn-ack', 'rst', 'echo', 'udp', 'unreachable', 'ttl-exceeded', 'other-icmp', 'response']).optional(),
  rttNs: z.int().optional(),
  ttl: z.int().optional(),
  txDelayNs: z
    .int()
    .optional()
    .describe(
      "the sender's own way out, not in rttNs: from the hand-over to the kernel to the transmit stamp; flags heldBeforeQueue (address resolution, a rule) and heldInQueue tell where it waited",
    ),
  icmpType: z.int().optional(),
  icmpCode: z.int().optional(),
  router: z.string().optional().describe('numeric address of the machine that sent the ICMP error'),
  errno: z.int().optional().describe('of a failed send, as Linux numbers it'),
  flags: z.array(z.string()).optional().describe('what limits the worth of this sample'),
  request: requestRecordSchema.optional().describe('how a request spent its time; rttNs is from its send to its end'),
});
export type SampleRecord = z.infer<typeof sampleRecordSchema>;

/** How good the measurement was; the last line but the summaries. */
export const qualityRecordSchema = z.object({
  type: z.literal('quality'),
  timestamps: z.enum(['hw', 'kernel', 'user', 'sim']),
  limits: z.array(z.string()).optional().describe('those of the engine, as in the run record'),
  pauses: z.int().describe('intervals in which the prober itself did not run as planned'),
  longestPauseNs: z.int(),
  missedSlots: z.int(),
  clockSteps: z.int().describe('steps of CLOCK_REALTIME; samples across one are not used'),
  stealNs: z.int().describe('time the hypervisor took during pauses'),
  strays: z
    .int()
    .describe(
      'packets that the filter let through and that answer no probe of this run: challenge ACKs, ICMP errors that quote somebody else, what is forwarded',
    ),
  forged: z
    .int()
    .describe('packets to our own ports or identifiers, in the place of replies, whose key is not ours: not believed'),
  kernelDrops: z.int(),
  droppedRecords: z.int().describe('samples that never reached the analysis'),
  sentStampsMissing: z.int(),
  receivedStamps: z
    .object({ driver: z.int(), socket: z.int(), user: z.int(), card: z.int() })
    .optional()
    .describe('replies by who stamped their arrival: driver hand-over, packet socket, user space, the card itself'),
  cpuPerProbeNs: z.int().nullable().describe('processor time of the prober per probe sent'),
  residentBytes: z.int().nullable(),
  end: z.enum(['complete', 'stdin-closed', 'signal', 'error', 'cut-off']),
  notes: z.array(z.string()).optional().describe('what else limits the worth of the run, in words'),
});
export type QualityRecord = z.infer<typeof qualityRecordSchema>;
