import * as z from 'zod';
import { RECEIVED_STAMPS } from './sample.js';

const instant = z.int().describe('nanoseconds since epochNs of the run');
const length = z.int().describe('nanoseconds');
const flow = z.int().min(0);

/** Where slow requests waited, and what packets to the same port saw in that time. */
const requestAccountSchema = z.object({
  phase: z.enum(['dns', 'connect', 'tls', 'first-byte', 'body']).describe('that took most of the excess'),
  phaseNs: length.describe('of the slowest of them'),
  wire: z
    .enum(['passed', 'held', 'lost', 'unseen'])
    .describe('packets to the same port meanwhile: all answered at once, some held, some lost, or none sent'),
  packets: z.int().min(0).describe('probes to the same port that were under way in the interval'),
  slowestPacketNs: length.optional().describe('RTT of the slowest of them'),
});
export type RequestAccount = z.infer<typeof requestAccountSchema>;

/** What every finding has. */
const base = {
  type: z.literal('finding'),
  path: z.string().describe('vantage>target/protocol'),
  startMin: instant.describe('send instant of the last probe that was not held'),
  startMax: instant.describe('send instant of the first probe that was held'),
  release: instant.describe('when the held probes were answered; for other kinds the end of the interval'),
  durationNs: length.describe('release - (startMin + startMax) / 2'),
  probes: z.int().min(1).describe('probes that show it, those below the threshold included'),
  probesAboveThreshold: z.int().min(0),
  peakRttNs: length.describe('largest RTT, by the stamps that are usual on the path; 0 for a loss-episode'),
  excessNs: length.describe('largest RTT above the running median of the path'),
  flowsHit: z.array(flow),
  flowsExposed: z.array(flow).describe('flows with a probe under way in the interval that was not held'),
  selfInflicted: z.boolean().describe('the prober itself paused then: convicts nobody'),
  receivedStamp: z
    .enum(RECEIVED_STAMPS)
    .optional()
    .describe(
      'who stamped the arrival of all these probes, where others of the path around them have the stamp of another: what waited behind the driver is in the stamps of socket and user alone',
    ),
  request: requestAccountSchema.optional().describe('of requests: the phase they waited in, and what packets saw then'),
};

export const stallSchema = z.object({
  ...base,
  kind: z.literal('stall'),
  fit: z.number().min(0).max(1).describe('share of the variance of the RTT that a common release instant explains'),
  slope: z.number().describe('of RTT against send time; -1 for a common release instant'),
  releaseSpreadNs: length.describe('from the first to the last release of the held probes'),
  leg: z
    .literal('out')
    .optional()
    .describe(
      "waited on the vantage's own way out, before the driver's transmit stamp: RTTs do not show it; probes count from their hand-over to the kernel",
    ),
  startUnseen: z
    .boolean()
    .optional()
    .describe('under way when the run began: startMin is that of the run, and the stall was longer'),
  order: z.enum(['fifo', 'by-flow', 'unknown']).describe('released in the order of sending, or in batches by flow'),
});

export const slowDrainSchema = z.object({
  ...base,
  kind: z.literal('slow-drain'),
  fit: z.number().min(0).max(1),
  slope: z.number(),
});

export const congestionSchema = z.object({ ...base, kind: z.literal('congestion') });

export const rttSpikeSchema = z.object({
  ...base,
  kind: z.literal('rtt-spike'),
  neighbours: z
    .enum(['normal', 'slow', 'none'])
    .optional()
    .describe('the probes sent just before and after it: answered as usual, slow as well, or none known'),
});

export const lossEpisodeSchema = z.object({
  ...base,
  kind: z.literal('loss-episode'),
  duringStall: z
    .boolean()
    .optional()
    .describe('all of them were sent while a stall held their flows: lost at its release, no loss of the network'),
  repeated: z
    .boolean()
    .optional()
    .describe('requests: all were answered, when their SYNs or their queries had been sent again; a packet was lost'),
});

/**
 * A kernel's TCP sends a SYN again that nothing answers: as prober, or as whoever was captured; and a target's its SYN-ACK
 * that nothing acknowledges, as it does where the first was lost on its way back.
 */
export const synRetransmissionSchema = z.object({
  ...base,
  kind: z.literal('syn-retransmission'),
  answeredSyn: z.int().min(1).optional().describe('import: which SYN of its connection was answered, the highest'),
  answerRttNs: length.optional().describe('import: from the SYN that was answered to the answer, the longest'),
  answersLost: z
    .int()
    .min(0)
    .optional()
    .describe('import: SYNs sent again although an answer had passed the capture point, which was then lost behind it'),
});

/** Each probe was answered only when the next one was sent. */
export const nextProbeReleaseSchema = z.object({
  ...base,
  kind: z.literal('next-probe-release'),
  certain: z
    .boolean()
    .describe('the answers followed send gaps that varied, or came in pairs; else the path may just be that long'),
});

/** Data of a connection waited for its own rules, not for a network: seen in a capture. */
export const tcpWaitSchema = z.object({
  ...base,
  kind: z.literal('tcp-wait'),
  reason: z
    .enum(['delayed-ack', 'zero-window', 'retransmission-timeout'])
    .describe(
      "delayed-ack: the sender waited (Nagle's algorithm) for an acknowledgement that a timer held back; zero-window: the receiver did not read; retransmission-timeout: a segment was lost and sent again by a time-out",
    ),
});

/** Something seen on one path, with its interval. One object a line in NDJSON. */
export const findingSchema = z.discriminatedUnion('kind', [
  stallSchema,
  slowDrainSchema,
  congestionSchema,
  rttSpikeSchema,
  lossEpisodeSchema,
  synRetransmissionSchema,
  nextProbeReleaseSchema,
  tcpWaitSchema,
]);

export type Finding = z.infer<typeof findingSchema>;
export type FindingKind = Finding['kind'];
export type Stall = z.infer<typeof stallSchema>;
export type SlowDrain = z.infer<typeof slowDrainSchema>;
export type Congestion = z.infer<typeof congestionSchema>;
export type RttSpike = z.infer<typeof rttSpikeSchema>;
export type LossEpisode = z.infer<typeof lossEpisodeSchema>;
export type NextProbeRelease = z.infer<typeof nextProbeReleaseSchema>;
export type TcpWait = z.infer<typeof tcpWaitSchema>;
export type SynRetransmission = z.infer<typeof synRetransmissionSchema>;

export const FINDING_KINDS = [
  'stall',
  'slow-drain',
  'congestion',
  'rtt-spike',
  'loss-episode',
  'syn-retransmission',
  'next-probe-release',
  'tcp-wait',
] as const satisfies readonly FindingKind[];
