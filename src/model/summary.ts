import * as z from 'zod';
import { REQUEST_PHASES } from './request.js';
import { RECEIVED_STAMPS } from './sample.js';

const count = z.int().min(0);
const length = z.int().describe('nanoseconds');

/** Distribution of round-trip times; `null` where no probe was answered. */
export const rttSummarySchema = z.object({
  min: length,
  p50: length,
  p90: length,
  p99: length,
  p999: length,
  max: length,
  mean: length,
  stddev: length,
});

/** Who says how many receive queues there are: the user, the machine itself, the flows that wait together; or nobody. */
export const QUEUES_FROM = ['asked', 'machine', 'flows', 'assumed'] as const;
export type QueuesFrom = (typeof QUEUES_FROM)[number];
export const queuesFromSchema = z
  .enum(QUEUES_FROM)
  .describe('who says so: the user, the machine, the flows that waited together; assumed: nobody');

/** What is known of the requests of one path. */
export const requestSummarySchema = z.object({
  fromDueNs: rttSummarySchema.nullable().describe('from the due instant to the end: what users of an open loop wait'),
  fromSendNs: rttSummarySchema.nullable().describe('from the actual send, the same as rttNs, to 0.012 %'),
  phases: z
    .array(z.object({ phase: z.enum(REQUEST_PHASES), requests: count, ns: rttSummarySchema }))
    .describe('of answered requests, in order; those that never happened are left out'),
  statuses: z.array(z.object({ status: count, requests: count })).describe('the most frequent ones'),
  failures: z
    .array(z.object({ phase: z.string(), failure: z.string(), requests: count }))
    .describe('what was not answered in time, or failed: the phase it was in, and why'),
  reused: count.describe('on a connection that was open already'),
  retried: count.describe('whose connection the server had closed; DNS: asked again over TCP'),
  kernelStamped: count.optional().describe('answers with the kernel stamps; the others have those of a process'),
  names: z
    .object({ asked: count, queries: count, unanswered: count, repeated: count })
    .optional()
    .describe('DNS: names asked for, queries that took, those without an answer, names with such a one'),
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** What a run shows of stalls on one path. Lengths are those seen with 95 %; null where not even 30 s is. */
export const coverageSchema = z.object({
  sweep: z
    .object({ intervalNs: length, flows: count, freshPerSecond: z.number() })
    .describe('as the path was probed: mean distance of the answered probes, flows that were answered'),
  levels: z
    .object({ holdNs: length, stallNs: length, slowNs: length })
    .describe('excess from which on a probe was held, of the slowest of three in a stall, and of two'),
  hostStallNs: length.nullable().describe('of the whole host: each probe meets it'),
  queues: count.describe('receive queues that the next figures are for'),
  queuesFrom: queuesFromSchema.optional(),
  queueCrossed: z.number().min(0).max(1).describe('probability that a given one of them is crossed by any fixed flow'),
  queueStallNs: length.nullable().describe('of a given one of them'),
  typicalNs: length,
  typicalSeen: z.number().min(0).max(1).describe('probability to see a stall of typicalNs of a given one of them'),
  flowStallNs: length.nullable().describe('of a queue that just one of these flows crosses'),
});

/** What is known of one path at the end of a run. One object a line in NDJSON. */
export const summarySchema = z.object({
  type: z.literal('summary'),
  path: z.string(),
  sent: count,
  received: count.describe('answered, late ones included'),
  late: count.describe('answered after the wait time'),
  lost: count.describe('not answered within the wait time'),
  inFlight: count.describe('younger than the wait time when the run ended: neither received nor lost'),
  sendFailed: count,
  errors: count.describe('answered by an ICMP error'),
  icmpErrors: z
    .array(z.object({ type: count, code: count, router: z.string().optional(), probes: count }))
    .optional()
    .describe('of the errors, whose and which; the most frequent ones'),
  sendErrors: z
    .array(z.object({ errno: count, probes: count }))
    .optional()
    .describe('of the failed sends, as Linux numbers them'),
  rateLimited: count.describe('UDP only: unanswered because the target limits its port-unreachable messages'),
  unanswerable: count.describe(
    'of the lost: SYNs of a flow that a stall held together with an earlier one, whose release lost them; no loss of the network',
  ),
  duplicates: count,
  missedSlots: count.describe('slots of the grid that were never sent'),
  lossRatio: z
    .number()
    .min(0)
    .max(1)
    .describe(
      '(lost + errors - unanswerable) / (sent - inFlight - rateLimited - unanswerable), not rounded: what an ICMP error answered did not arrive',
    ),
  lossFromReport: z
    .boolean()
    .optional()
    .describe('import: sent, received and lost are those of the text itself, whose lines show others'),
  rttNs: rttSummarySchema.nullable(),
  rttByStamps: z
    .array(
      z.object({
        received: z.enum(RECEIVED_STAMPS).describe('who stamped the arrival of these replies'),
        sentInUserSpace: z.boolean().describe('their sending was stamped in user space, not by the kernel or the card'),
        replies: count,
        rttNs: rttSummarySchema,
      }),
    )
    .optional()
    .describe(
      'only where the replies of the path were not all stamped at the same points of their way: rttNs mixes what is not to be compared, and these are apart',
    ),
  requests: requestSummarySchema.optional().describe('of paths of protocol http and dns'),
  stalls: count,
  spikes: count,
  slowBelowThreshold: z
    .object({ probes: count, aboveNs: length })
    .optional()
    .describe('probes that stand out, above this RTT, though below the threshold and in no stall'),
  selfInflicted: count.describe('findings during pauses of the prober itself; not in stalls and spikes'),
  stallPeriodNs: length.nullable().describe('distance of the stalls where they keep one, else null'),
  sendErrorNs: z.object({ p50: length, p99: length, max: length }).describe('sent - due'),
  detectableStallNs: length.describe('smallest stall of the whole host that this run would certainly have seen'),
  coverage: coverageSchema.nullable().describe('null where too little was answered to claim anything'),
});

export type Coverage = z.infer<typeof coverageSchema>;
export type RttSummary = z.infer<typeof rttSummarySchema>;
export type Summary = z.infer<typeof summarySchema>;
