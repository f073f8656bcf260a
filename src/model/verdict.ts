import * as z from 'zod';
import { CAUSES } from './cause.js';
import { accusedSchema } from './explanation.js';
import { serverCallSchema } from './server-call.js';
import { queuesFromSchema } from './summary.js';

/** Two at once are joined by `+` in alphabetical order: `ipip+nat`. */
const causeText = z.string().describe(`${CAUSES.join(', ')}; two joined by +; healthy; inconclusive`);
const instant = z.int().describe('nanoseconds since epochNs of the run');

/** Findings of several paths that overlap in time: one cause. One object a line in NDJSON. */
export const incidentSchema = z.object({
  type: z.literal('incident'),
  startMin: instant,
  startMax: instant,
  release: instant,
  paths: z.array(z.string()).describe('paths hit'),
  exposed: z.array(z.string()).describe('paths with probes under way then that were not held'),
  cause: causeText.describe('the likeliest by this incident alone, or inconclusive'),
});
export type Incident = z.infer<typeof incidentSchema>;

/** What one path contributes to the verdict. */
export const pathEvidenceSchema = z.object({
  path: z.string(),
  stalls: z.int(),
  probes: z.int().describe('held, in all stalls'),
  flowsHit: z.int(),
  flows: z.int(),
  exposedNotHit: z.int().describe('incidents in which the path had probes under way and none was held'),
  words: z.string().describe('the same in a sentence'),
});

/** A term that moved the posterior. */
export const termSchema = z.object({
  words: z.string(),
  cause: causeText,
  against: causeText,
  factor: z.number().describe('how many times likelier the first became against the second'),
});

/** A cause that the data speak against. */
export const doubtedSchema = z.object({
  cause: causeText,
  because: z.string(),
  factor: z
    .number()
    .optional()
    .describe('how many times better the data fit the cause named, whatever the priors; at most 1,000,000'),
});
export type Doubted = z.infer<typeof doubtedSchema>;

/** What all paths into one machine together would have seen of its stalls. Lengths are those seen with 95 %. */
export const machineCoverageSchema = z.object({
  machine: z.string(),
  hostStallNs: z.int().nullable().describe('of the whole host; null where not even 30 s is seen so surely'),
  queues: z.int().describe('receive queues that the next figures are for'),
  queuesFrom: queuesFromSchema.optional(),
  queueCrossed: z.number().min(0).max(1).describe('probability that a given one of them is crossed by any flow'),
  queueStallNs: z.int().nullable().describe('of a given one of them'),
  typicalNs: z.int(),
  typicalSeen: z.number().min(0).max(1).describe('probability to see a stall of typicalNs of a given one of them'),
  wantedNs: z.int(),
  oftener: z.int().nullable().describe('times as many probes that would see one of wantedNs; null: these do, or none'),
});

/** Which stage is to blame, how sure that is, and why. One object a line in NDJSON, the last one. */
export const verdictSchema = z.object({
  type: z.literal('verdict'),
  cause: causeText,
  where: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .describe('machine at fault; two for network and overlays; null for healthy and inconclusive'),
  kind: z
    .enum(['stall', 'congestion', 'loss', 'slow-drain', 'ecmp', 'lag'])
    .optional()
    .describe('how it shows; ecmp, lag: one of several equal ways, or links, holds its flows alone'),
  reason: z.string().optional().describe('why it is inconclusive'),
  meaning: z.string().optional().describe('what the cause named means, for people'),
  probability: z.number().min(0).max(1).describe('that it is the cause named'),
  together: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('that it is the cause named or one of those under indistinguishable'),
  posterior: z.record(z.string(), z.number()).describe('over causes and pairs of causes; below 0.001 left out'),
  priors: z.record(z.string(), z.number()),
  incidents: z.int(),
  evidence: z.array(pathEvidenceSchema),
  ruledOut: z.array(doubtedSchema).describe('by a factor of 100 and more'),
  lessLikely: z.array(doubtedSchema).optional().describe('the same by a smaller factor: not ruled out'),
  indistinguishable: z.array(z.string()).describe('causes of equal standing; a further vantage or path would tell'),
  next: z.array(z.string()).describe('what to do or run next'),
  terms: z.array(termSchema).describe('what moved the posterior by more than a factor of 2'),
  noStallLongerThanNs: z
    .int()
    .nullable()
    .describe('for healthy: longer ones would have been seen, with 95 % confidence'),
  coverage: z
    .array(machineCoverageSchema)
    .optional()
    .describe('what would have been seen of each machine; where nothing was held'),
  culprit: accusedSchema
    .optional()
    .describe(
      'who held the packets back on the machine at fault, as its kernel shows; of the incidents since it was traced',
    ),
  satIn: z
    .array(serverCallSchema)
    .optional()
    .describe('of a server to blame: the system calls that it sat in while requests waited; told, not weighed'),
  quality: z.object({
    durationNs: z.int(),
    selfInflicted: z.int().describe('findings left out because a prober itself paused'),
    excludedPaths: z.array(z.object({ path: z.string(), because: z.string() })),
    clockUncertaintyNs: z.int().describe('between vantages'),
    notes: z.array(z.string()),
  }),
});
export type PathEvidence = z.infer<typeof pathEvidenceSchema>;
export type Term = z.infer<typeof termSchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type MachineCoverage = z.infer<typeof machineCoverageSchema>;
