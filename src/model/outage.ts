import * as z from 'zod';

/** A path went silent, or answers again. One object a line in NDJSON, at once; a loss-episode tells the whole later. */
export const outageSchema = z.object({
  type: z.literal('outage'),
  state: z.enum(['begun', 'over']),
  path: z.string(),
  since: z.int().describe('send instant of the first probe without an answer, nanoseconds since epochNs'),
  at: z.int().describe('when it was known'),
  probes: z.int().describe('without an answer so far'),
});

export type Outage = z.infer<typeof outageSchema>;
