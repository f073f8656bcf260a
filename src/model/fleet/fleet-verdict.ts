import * as z from 'zod';
import { accusedSchema, explanationSchema } from '../explanation.js';
import { SCHEMA } from '../records/run.js';
import { doubtedSchema, pathEvidenceSchema } from '../verdict.js';

const instant = z.int().describe('nanoseconds since epochNs of the fleet-run record');
const probability = z.number().min(0).max(1);

/** The first line of `rxray fleet --json`: what was asked. */
export const fleetRunSchema = z.object({
  type: z.literal('fleet-run'),
  schema: z.literal(SCHEMA),
  version: z.string().describe('of rxray'),
  epochNs: z.string().describe('CLOCK_REALTIME, in nanoseconds, of the beginning of the window'),
  windowNs: z.int(),
  source: z.enum(['prometheus', 'agents']),
  asked: z.string().describe('address of the store, or how many agents; never with credentials'),
});
export type FleetRun = z.infer<typeof fleetRunSchema>;

/** What is said of one node. */
export const NODE_STATES = ['bad', 'suspect', 'unwatched', 'blind', 'healthy'] as const;

/** The verdict on one node. Healthy ones have no line of their own. */
export const nodeVerdictSchema = z.object({
  type: z.literal('node-verdict'),
  node: z.string(),
  zone: z.string().optional(),
  state: z
    .enum(NODE_STATES)
    .describe(
      'bad: at fault with 0.9 and more; suspect: something points at it; unwatched: too few agents probe it; blind: its agent is silent or cannot measure',
    ),
  cause: z.string().optional().describe('as in a verdict; of a suspect the likeliest'),
  probability: probability.optional().describe('that the node is at fault, whatever the cause'),
  ofCause: probability.optional().describe('that it is this cause'),
  indistinguishable: z.array(z.string()).optional().describe('causes of equal standing at the same node'),
  reason: z.string().optional().describe('why no more can be said'),
  meaning: z.string().optional(),
  incidents: z.int().optional(),
  since: instant.nullable().optional().describe('release of the first stall that is known'),
  last: instant.optional().describe('release of the last one'),
  evidence: z.array(pathEvidenceSchema).optional().describe('paths held most, and paths that passed'),
  ruledOut: z.array(doubtedSchema).optional(),
  culprit: accusedSchema
    .optional()
    .describe('who held packets back there, where its agent traces the kernel; incidents numbered from 0'),
  kernelSays: explanationSchema.shape.conclusion.optional().describe('of the incidents, where its agent traces it'),
  notes: z.array(z.string()).optional().describe('what its kernel shows where nobody is named'),
  lines: z.array(z.string()).optional().describe('commands for people to run: printed, never run'),
});
export type NodeVerdict = z.infer<typeof nodeVerdictSchema>;

/** The network between nodes holds or loses packets: accuses no node. */
export const linkVerdictSchema = z.object({
  type: z.literal('link-verdict'),
  cause: z.literal('network'),
  kind: z.enum(['stall', 'loss']),
  between: z.array(z.string()).describe('two nodes, or two zones; one zone for what crosses its border, or lies in it'),
  scope: z.enum(['nodes', 'zones', 'border', 'inside', 'groups']),
  groups: z.array(z.array(z.string())).optional().describe('nodes on both sides, where no zone is known to part them'),
  probability,
  pathsHit: z.int(),
  paths: z.int().describe('that cross it'),
  words: z.string(),
});
export type LinkVerdict = z.infer<typeof linkVerdictSchema>;

/** The last line: the fleet as a whole. */
export const fleetVerdictSchema = z.object({
  type: z.literal('fleet-verdict'),
  cause: z.enum(['healthy', 'fault', 'inconclusive']),
  bad: z.array(z.string()),
  suspects: z.array(z.string()),
  unwatched: z.array(z.string()),
  blind: z.array(z.string()),
  nodes: z.int(),
  edges: z.int().describe('pairs of nodes of which one probes the other'),
  reason: z.string().optional(),
  unexplained: z.int().describe('paths that were held and that no fault named here explains'),
  quality: z.object({
    clockUncertaintyNs: z.int(),
    queries: z.int(),
    tookNs: z.int(),
    notes: z.array(z.string()),
  }),
});
export type FleetVerdict = z.infer<typeof fleetVerdictSchema>;
