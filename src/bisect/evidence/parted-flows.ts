import { US } from '../../model/time.js';
import type { FlowProfile, FlowProfiles } from '../paths/path-log.js';
import { isHit, type Observation } from './observation.js';

/** Flows of either kind that must be known before they can be said to differ. */
const LEAST_FLOWS = 2;
/** Queues and CPUs of one machine differ by less; ways through other routers by more. */
const OTHER_WAY_NS = 100 * US;

export const NO_PROFILES: FlowProfiles = new Map();

/** Whether flows of a path differ at all, so that it is worth while to ask which of them waited. */
export function waysMayDiffer(profiles: FlowProfiles): boolean {
  const all = [...profiles.values()];
  if (all.length < 2 * LEAST_FLOWS) return false;
  const { least, most } = spanOf(all);
  return most - least >= OTHER_WAY_NS || new Set(all.map(({ ttl }) => ttl)).size > 1;
}

/** The flows of a path that waited in some incidents, and those that passed in all, with what tells their ways. */
interface PartedFlows {
  readonly held: readonly FlowProfile[];
  readonly passed: readonly FlowProfile[];
}

/**
 * Whether the flows that waited came by another way than those that passed: all replies of the ones have another TTL,
 * or all are slower or quicker at their best. Null where they are alike, or too few are known.
 */
export function partedBy(
  profiles: FlowProfiles,
  incidents: readonly Observation[],
  path: number,
): 'ttl' | 'time' | null {
  if (profiles.size < 2 * LEAST_FLOWS) return null;
  const { held, passed } = partedFlows(profiles, incidents, path);
  if (held.length < LEAST_FLOWS || passed.length < LEAST_FLOWS) return null;
  const ttls = new Set(passed.map(({ ttl }) => ttl));
  if (held.every(({ ttl }) => ttl > 0 && !ttls.has(ttl))) return 'ttl';
  const [a, b] = [spanOf(held), spanOf(passed)];
  const gapNs = Math.max(a.least - b.most, b.least - a.most);
  const widthNs = Math.max(a.most - a.least, b.most - b.least);
  return gapNs >= OTHER_WAY_NS && gapNs >= widthNs ? 'time' : null;
}

/**
 * Whether echo requests to the same address fared as the way by which their replies come says: on one of several equal
 * ways they wait with the flows that share it. A receive queue knows nothing of ways: its hash puts them anywhere.
 *
 * @param path one whose flows part {@link partedBy} something
 * @param echo the path of the echo requests
 * @returns null where its own way cannot be told
 */
export function echoFits(
  profiles: readonly FlowProfiles[],
  incidents: readonly Observation[],
  path: number,
  echo: number,
): boolean | null {
  const [own] = [...(profiles[echo] ?? NO_PROFILES).values()];
  const by = partedBy(profiles[path] ?? NO_PROFILES, incidents, path);
  if (own === undefined || by === null) return null;
  const { held, passed } = partedFlows(profiles[path] ?? NO_PROFILES, incidents, path);
  const [amongHeld, amongPassed] = [held, passed].map((flows) => comesAs(own, flows, by)) as [boolean, boolean];
  const seen = incidents.flatMap((incident) => incident.paths[echo] ?? []);
  if (amongHeld === amongPassed || seen.length === 0) return null;
  const waited = seen.filter(isHit).length;
  return amongHeld ? 2 * waited > seen.length : 2 * waited < seen.length;
}

function comesAs({ ttl, leastRttNs }: FlowProfile, flows: readonly FlowProfile[], by: 'ttl' | 'time'): boolean {
  if (by === 'ttl') return flows.some((flow) => flow.ttl === ttl);
  const { least, most } = spanOf(flows);
  return leastRttNs >= least - OTHER_WAY_NS / 2 && leastRttNs <= most + OTHER_WAY_NS / 2;
}

function partedFlows(profiles: FlowProfiles, incidents: readonly Observation[], path: number): PartedFlows {
  const held = new Set(incidents.flatMap((incident) => incident.paths[path]?.hit ?? []));
  const passed = new Set(
    incidents.flatMap((incident) => incident.paths[path]?.clean ?? []).filter((flow) => !held.has(flow)),
  );
  const of = (flows: ReadonlySet<number>): FlowProfile[] => [...flows].flatMap((flow) => profiles.get(flow) ?? []);
  return { held: of(held), passed: of(passed) };
}

function spanOf(profiles: readonly FlowProfile[]): { least: number; most: number } {
  const rtts = profiles.map(({ leastRttNs }) => leastRttNs);
  return { least: Math.min(...rtts), most: Math.max(...rtts) };
}
