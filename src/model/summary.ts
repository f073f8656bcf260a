import { z } from 'zod';

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
  rateLimited: count.describe('UDP only: unanswered because the target limits its port-unreachable messages'),
  duplicates: count,
  missedSlots: count.describe('slots of the grid that were never sent'),
  lossRatio: z
    .number()
    .min(0)
    .max(1)
    .describe(
      '(lost + errors) / (sent - inFlight - rateLimited), not rounded: what an ICMP error answered did not arrive',
    ),
  lossFromReport: z
    .boolean()
    .optional()
    .describe('import: sent, received and lost are those of the text itself, whose lines show others'),
  rttNs: rttSummarySchema.nullable(),
  stalls: count,
  spikes: count,
  selfInflicted: count.describe('findings during pauses of the prober itself; not in stalls and spikes'),
  stallPeriodNs: length.nullable().describe('distance of the stalls where they keep one, else null'),
  sendErrorNs: z.object({ p50: length, p99: length, max: length }).describe('sent - due'),
  detectableStallNs: length.describe('smallest stall that this run would certainly have seen, on one flow'),
});

export type RttSummary = z.infer<typeof rttSummarySchema>;
export type Summary = z.infer<typeof summarySchema>;
