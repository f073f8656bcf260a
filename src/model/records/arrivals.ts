import * as z from 'zod';

const instant = z.int().describe('nanoseconds since epochNs of the run');

/**
 * Where the probes of a stall waited, as a second capture point at the target's end shows it: on their way to that
 * point, behind it, or on the way back. One object a line in NDJSON, after its finding.
 */
export const arrivalsRecordSchema = z.object({
  type: z.literal('arrivals'),
  path: z.string(),
  machine: z.string().describe('of the second capture point'),
  where: z.enum(['before-capture', 'inside-node', 'on-the-way-back']),
  from: instant.describe('when the first of them began to wait there'),
  to: instant.describe('when the last of them went on'),
  excessNs: z.int().describe('longest wait there, in nanoseconds'),
  probes: z.int().min(1),
  order: z.enum(['fifo', 'by-flow', 'unknown']).describe('in which order they went on'),
  releaseSpreadNs: z.int(),
  bunched: z.boolean().describe('they came one after the other and went on together'),
  flowsHeld: z.array(z.int().min(0)),
});
export type ArrivalsRecord = z.infer<typeof arrivalsRecordSchema>;
