import { US } from '../../model/time.js';
import type { FlowProfile, FlowProfiles } from '../paths/path-log.js';
import type { Observation } from './observation.js';

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

/**
 * Whether the flows that waited came by another way than those that passed: all replies of the ones have another TTL,
 * or all are slower or quicker at their best. Null where they are alike, or too few are known.
 */
export function partedBy(
  profiles: FlowProfiles,
  incidents: readonly Observation[],
  path: number,
): 'ttl' | 'time' | null {
  const held = new Set(incidents.flatMap((incident) => incident.paths[path]?.hit ?? []));
  const passed = new Set(
    incidents.flatMap((incident) => incident.paths[path]?.clean ?? []).filter((flow) => !held.has(flow)),
  );
  const of = (flows: ReadonlySet<number>): FlowProfile[] => [...flows].flatMap((flow) => profiles.get(flow) ?? []);
  const [one, other] = [of(held), of(passed)];
  if (one.length < LEAST_FLOWS || other.length < LEAST_FLOWS) return null;
  const ttls = new Set(other.map(({ ttl }) => ttl));
  if (one.every(({ ttl }) => ttl > 0 && !ttls.has(ttl))) return 'ttl';
  const [a, b] = [spanOf(one), spanOf(other)];
  const gapNs = Math.max(a.least - b.most, b.least - a.most);
  const widthNs = Math.max(a.most - a.least, b.most - b.least);
  return gapNs >= OTHER_WAY_NS && gapNs >= widthNs ? 'time' : null;
}

function spanOf(profiles: readonly FlowProfile[]): { least: number; most: number } {
  const rtts = profiles.map(({ leastRttNs }) => leastRttNs);
  return { least: Math.min(...rtts), most: Math.max(...rtts) };
}
