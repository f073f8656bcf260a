import {
  type AgentCulprit,
  type AgentRecord,
  agentCulpritSchema,
  agentRecordSchema,
  type EdgeFinding,
  type EdgeRecord,
  edgeFindingSchema,
  edgeRecordSchema,
  type InboundFinding,
  inboundFindingSchema,
} from '../model/records/agent.js';
import { SECOND } from '../model/time.js';
import type { HttpAnswer } from './http-client.js';

/** What one agent says of itself and of its neighbours. */
export interface AgentAnswer {
  readonly agent: AgentRecord;
  readonly edges: readonly EdgeRecord[];
  readonly findings: readonly EdgeFinding[];
  readonly inbound: readonly InboundFinding[];
  readonly culprits: readonly AgentCulprit[];
  /** Lines that a newer agent may know, or that are damaged. */
  readonly unread: number;
  /** What is to be taken from instants of its clock, in seconds, to have those of this machine. */
  readonly clockAheadS: number;
}

/** @returns undefined where its first line is not that of an agent */
export function readAgentAnswer(
  { body, waitedMs, heldMs }: HttpAnswer,
  receivedUnixS: number,
): AgentAnswer | undefined {
  const edges: EdgeRecord[] = [];
  const findings: EdgeFinding[] = [];
  const inbound: InboundFinding[] = [];
  const culprits: AgentCulprit[] = [];
  let agent: AgentRecord | undefined;
  let unread = 0;
  for (const line of body.toString('utf8').split('\n')) {
    if (line === '') continue;
    const record = parsed(line);
    switch (record?.type) {
      case 'agent':
        agent ??= agentRecordSchema.safeParse(record).data;
        break;
      case 'edge':
        unread += put(edges, edgeRecordSchema.safeParse(record).data);
        break;
      case 'edge-finding':
        unread += put(findings, edgeFindingSchema.safeParse(record).data);
        break;
      case 'inbound-finding':
        unread += put(inbound, inboundFindingSchema.safeParse(record).data);
        break;
      case 'agent-culprit':
        unread += put(culprits, agentCulpritSchema.safeParse(record).data);
        break;
      default:
        unread += 1;
    }
  }
  if (agent === undefined) return undefined;
  // Its clock was read when it had the answer, about half of the time on the way ago.
  const clockAheadS = agent.now - (receivedUnixS - ((waitedMs - heldMs) / 2) * (1e6 / SECOND));
  return { agent, edges, findings, inbound, culprits, unread, clockAheadS };
}

function parsed(line: string): { readonly type?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function put<T>(into: T[], record: T | undefined): number {
  if (record === undefined) return 1;
  into.push(record);
  return 0;
}
