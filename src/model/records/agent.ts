import * as z from 'zod';
import { culpritSchema } from '../culprit.js';
import { findingSchema } from '../finding.js';
import { EDGE_KINDS, EDGE_PROTOCOLS, TIERS } from '../fleet/member.js';
import { INBOUND_PLACES } from '../fleet/metrics-table.js';
import { OVERLAYS } from '../overlay.js';
import { SCHEMA } from './run.js';

const unix = z.number().describe('seconds since 1970 by the clock of the agent, as metrics have it');
const count = z.int().min(0);
const nodeName = z.string();

/** The first line of `/findings`: which agent this is, and how far it can be trusted. */
export const agentRecordSchema = z.object({
  type: z.literal('agent'),
  schema: z.literal(SCHEMA),
  version: z.string().describe('of rxray'),
  node: nodeName,
  zone: z.string().optional(),
  tier: z.enum(TIERS),
  engine: z.enum(['helper', 'connect']),
  timestamps: z.enum(['hw', 'kernel', 'user', 'sim']),
  started: unix,
  now: unix.describe('when this was written: what the clock of whoever reads it differs by'),
  ready: z.boolean(),
  throttled: z.boolean().describe('its CPU quota stopped it in the last minute: it accuses nobody'),
  mostEdgesStall: z.boolean(),
  members: count,
  probes: z.array(nodeName).describe('members that it probes'),
  probedBy: z.array(nodeName).describe('members that probe it, by the rings'),
  seenSenders: z.array(nodeName).optional().describe('of those the ones whose arrivals it can judge'),
  selfInflicted: count.describe('stalls during pauses of its own, since it started'),
  recordings: z.array(z.string()).describe('names below /recordings/'),
  overlay: z.enum(OVERLAYS).optional().describe('by which it reaches pods, as its routes say'),
  traced: z
    .object({
      since: unix,
      minNs: z.int().describe('the shortest wait that it tells of'),
      lostEvents: count.describe('of its trace, since then'),
    })
    .optional()
    .describe('in the trace tier, while the kernel of its node is traced'),
});
export type AgentRecord = z.infer<typeof agentRecordSchema>;

/** One path of an agent, with its counters since the agent started. */
export const edgeRecordSchema = z.object({
  type: z.literal('edge'),
  from: nodeName,
  to: nodeName,
  kind: z.enum(EDGE_KINDS),
  protocol: z.enum(EDGE_PROTOCOLS),
  address: z.string(),
  port: z.int().optional(),
  flows: z.int().describe('fixed source ports; ICMP 1'),
  intervalNs: z.int(),
  since: unix,
  probes: count,
  lost: count,
  stalls: count,
  heldNs: count,
  lastRelease: unix.nullable(),
});
export type EdgeRecord = z.infer<typeof edgeRecordSchema>;

/** Flows of one path that take part in a finding. */
export const edgeFlowsSchema = z.object({
  kind: z.enum(EDGE_KINDS),
  protocol: z.enum(EDGE_PROTOCOLS),
  flows: z.array(z.int().min(0)).describe('numbers of its source ports; ICMP has 0'),
});

const span = {
  startMin: unix.describe('last probe sent that was not held'),
  startMax: unix.describe('first probe sent that was held'),
  release: unix.describe('when the held ones went on'),
  durationNs: z.int().describe('from half a spacing of the probes before startMax to the release'),
  probes: z.int().min(1),
};

/**
 * Something that an agent saw on its way to one neighbour, all kinds and protocols together: a stall of the machine
 * holds probes of each. Self-inflicted ones are here too, and say so in `finding`.
 */
export const edgeFindingSchema = z.object({
  type: z.literal('edge-finding'),
  from: nodeName,
  to: nodeName,
  ...span,
  hit: z.array(edgeFlowsSchema),
  exposed: z.array(edgeFlowsSchema).describe('under way then and not held'),
  escalated: z.boolean().describe('seen in a full sweep of 10 ms'),
  finding: findingSchema.describe(
    'path FROM>TO/edge, flows numbered over all its paths, RTTs as excess over the usual one of each path',
  ),
});
export type EdgeFinding = z.infer<typeof edgeFindingSchema>;

const senderFlowsSchema = z.object({
  from: nodeName,
  flows: count.describe('of its probes'),
  probes: count,
  replies: count.optional().describe("flows of its replies to the node's own probes"),
});

/** A stall of probes on their arrival at the agent's own node, by their lateness against their sender's grid. */
export const inboundFindingSchema = z.object({
  type: z.literal('inbound-finding'),
  node: nodeName,
  ...span,
  place: z
    .enum(INBOUND_PLACES)
    .describe(
      'receive: some flows of two senders or more were held, a probe of one of them at least, while others of the same senders passed; all: all flows of all senders (host, device or network); sender: all flows of one sender; unclear: anything else, convicts nobody',
    ),
  sender: nodeName.optional().describe('for place sender'),
  held: z.array(senderFlowsSchema),
  passed: z.array(senderFlowsSchema).describe('under way then and not held'),
  repliesHeld: count.describe("flows of replies to the node's own probes that came with the same release"),
  backlogNs: z.int().describe('longest wait of these behind the stamp of the driver'),
  selfInflicted: z.boolean(),
});
export type InboundFinding = z.infer<typeof inboundFindingSchema>;

/** Received packets that waited for a CPU of the agent's own node, as its kernel saw it, in the trace tier. */
export const agentCulpritSchema = z.object({
  type: z.literal('agent-culprit'),
  node: nodeName,
  start: unix,
  release: unix,
  culprit: culpritSchema.describe('as `rxray trace stall` prints it; its instants count from where its trace began'),
});
export type AgentCulprit = z.infer<typeof agentCulpritSchema>;

/** Any line of `/findings`. */
export type FleetLine = AgentRecord | EdgeRecord | EdgeFinding | InboundFinding | AgentCulprit;

/** One thing that is wrong in an agent.yaml or a file that it names, as `rxray agent check --json` prints it. */
export const configProblemSchema = z.object({
  type: z.literal('config-problem'),
  file: z.string(),
  line: z.int().min(1),
  key: z.string().describe('probe.interval; empty for the file as a whole'),
  message: z.string().describe('what is there and what was expected'),
});
export type ConfigProblem = z.infer<typeof configProblemSchema>;

/** What an agent.yaml comes to, last line of `rxray agent check --json`. */
export const configReportSchema = z.object({
  type: z.literal('config-report'),
  file: z.string(),
  problems: count,
  node: nodeName.describe('that this agent would speak for; empty where there are problems'),
  members: count.describe('in the file of members; 0 for other sources'),
  notes: z.array(z.string()),
});
export type ConfigReport = z.infer<typeof configReportSchema>;
