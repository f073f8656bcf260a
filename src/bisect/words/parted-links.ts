import { hasPorts } from '../../model/protocol.js';
import type { Observation } from '../evidence/observation.js';
import { partedBy } from '../evidence/parted-flows.js';
import type { Case } from '../weigh/case.js';
import type { Share } from '../weigh/share.js';

/**
 * Of a network that holds some flows only: routers with several equal ways (ECMP), where the ways differ or lie between
 * two machines; or an aggregated link (LAG), where the parallel links are those of one machine. Null where it holds all.
 */
export function partedLinks(known: Case, share: Share): 'ecmp' | 'lag' | null {
  const own = share.incidents.map((incident) => known.incidents[incident] as Observation);
  const { reach } = share.variant;
  const hashed = reach.flatMap((one, path) => (one === 'by-flow' ? [path] : []));
  const parted = hashed.filter(
    (path) =>
      hasPorts(known.topology.paths[path]?.protocol ?? 'icmp') &&
      own.some(
        (incident) => (incident.paths[path]?.hit.length ?? 0) > 0 && (incident.paths[path]?.clean.length ?? 0) > 0,
      ),
  );
  if (parted.length === 0) return null;
  const differ = parted.some((path) => partedBy(known.profiles[path] ?? new Map(), own, path) !== null);
  return differ || share.hypothesis.machines.length === 2 ? 'ecmp' : 'lag';
}
