import { createHash } from 'node:crypto';
import type { FleetRun, NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { MS } from '../../model/time.js';
import { type ApiAccess, ApiError, askApi, readAll } from '../members/kubernetes/api-request.js';

/** Events of nodes are kept there: nodes have no namespace. */
const PATH = '/api/v1/namespaces/default/events';
const SILENT_MS = 10_000;
const MOST_MESSAGE = 1_000;

/** An Event of a node, as the API takes it. */
export interface NodeEvent {
  readonly metadata: { readonly name: string; readonly namespace: 'default' };
  readonly [field: string]: unknown;
}

/**
 * What is written on a node at fault, for people and for what repairs nodes. One fault is one Event, whoever writes it
 * and how often: its name follows from the node, the cause and the day on which it began.
 */
export function eventOf(verdict: NodeVerdict, run: Pick<FleetRun, 'epochNs'>, host: string): NodeEvent {
  const { node, cause = 'unknown', since, last = 0, probability = 0, meaning = '', culprit, incidents = 0 } = verdict;
  const at = (ns: number): string => new Date(Number((BigInt(run.epochNs) + BigInt(ns)) / BigInt(MS))).toISOString();
  const first = at(typeof since === 'number' ? since : last);
  const who = culprit?.process ?? undefined;
  const named = who === undefined ? '' : ` ${who}${culprit?.syscall ? ` in ${culprit.syscall}` : ''} had the CPU.`;
  const sure = `probability ${probability > 0.999 ? '> 0.999' : probability.toFixed(3)}`;
  const identity = createHash('sha256')
    .update(`${node}\0${cause}\0${first.slice(0, 10)}`)
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${node.slice(0, 230)}.${identity}`, namespace: 'default' },
    involvedObject: { kind: 'Node', name: node, uid: node, apiVersion: 'v1' },
    reason: 'PacketsWait',
    message: `${meaning}${named} ${cause}, ${sure}; rxray why ${node}`.trim().slice(0, MOST_MESSAGE),
    type: 'Warning',
    source: { component: 'rxray', host },
    reportingComponent: 'rxray',
    reportingInstance: host,
    firstTimestamp: first.replace(/\.\d+Z$/, 'Z'),
    lastTimestamp: at(last).replace(/\.\d+Z$/, 'Z'),
    count: Math.max(1, incidents),
  };
}

/**
 * Writes an Event, or what is new of one that is there.
 *
 * @throws ApiError where it may not, Error where the API server does not answer
 */
export async function writeEvent(access: ApiAccess, event: NodeEvent, stop: AbortSignal): Promise<void> {
  const created = { method: 'POST', type: 'application/json', body: JSON.stringify(event) } as const;
  try {
    await readAll(await askApi(access, PATH, SILENT_MS, stop, created));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const { lastTimestamp, message, count } = event;
    const body = JSON.stringify({ lastTimestamp, message, count });
    const patched = { method: 'PATCH', type: 'application/merge-patch+json', body } as const;
    await readAll(await askApi(access, `${PATH}/${event.metadata.name}`, SILENT_MS, stop, patched));
  }
}
