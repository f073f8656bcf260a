import type { MeasuredPath } from '../../model/measured-path.js';
import type { PathEvidence } from '../../model/verdict.js';
import { isHit, type Observation, type PathObservation } from '../evidence/observation.js';
import { countOf } from '../weigh/case.js';

/** What one path contributes, counted and in a sentence. */
export function pathEvidence(path: MeasuredPath, index: number, incidents: readonly Observation[]): PathEvidence {
  const seen = incidents.map((incident) => incident.paths[index] ?? null);
  const hits = seen.filter(isHit);
  const { hit, clean } = countOf(incidents, index);
  const flowsHit = new Set(hits.flatMap((observation) => observation.hit)).size;
  const probes = hits.reduce((sum, observation) => sum + observation.heldProbes, 0);
  return {
    path: path.name,
    stalls: hit,
    probes,
    flowsHit,
    flows: path.flows,
    exposedNotHit: clean,
    words: sentence(path, hits, { hit, clean, flowsHit, probes }),
  };
}

function sentence(
  path: MeasuredPath,
  hits: readonly PathObservation[],
  counts: { hit: number; clean: number; flowsHit: number; probes: number },
): string {
  const { hit, clean, flowsHit, probes } = counts;
  if (hit + clean === 0) {
    return `${path.name} had no probe under way in any incident, so it says nothing`;
  }
  if (hit === 0) {
    return `${path.name} had probes under way in ${times(clean)}, and all of them passed`;
  }
  const held = `${path.name} was held in ${hit} of ${times(hit + clean)} (${probes} ${probes === 1 ? 'probe' : 'probes'}${partWords(hits)})`;
  if (path.flows === 1 || flowsHit === 0) {
    return held;
  }
  const passed = hits.some((observation) => observation.clean.length > 0);
  return passed
    ? `${held}: ${flowsHit} of its ${path.flows} flows waited while others passed`
    : `${held}, with all of its flows that had a probe under way`;
}

/** In which part requests waited, where they say so. */
function partWords(hits: readonly PathObservation[]): string {
  const connect = hits.reduce((sum, { waitedIn }) => sum + (waitedIn?.connect ?? 0), 0);
  const answer = hits.reduce((sum, { waitedIn }) => sum + (waitedIn?.answer ?? 0), 0);
  if (connect + answer === 0) return '';
  if (answer === 0) return ', while connecting';
  return connect === 0 ? ', for the answer' : `, ${connect} while connecting, ${answer} for the answer`;
}

export function times(count: number): string {
  return count === 1 ? '1 incident' : `${count} incidents`;
}
