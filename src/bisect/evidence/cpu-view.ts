import { type LocalEvidence, spanBefore } from './local-evidence.js';
import type { Observation } from './observation.js';

/** Of an incident so much must be covered by waits for them to be its reason; by less than the second they are not. */
export const COINCIDES = 0.5;
const PASSES = 0.2;

/**
 * What the CPUs of a machine did during an incident. `waited`: packets, or the thread that serves them, waited for a
 * CPU over most of it. `gap`: a CPU that serves the card did not even beat. `no-wait`: its kernel was asked and shows
 * no such wait. `beating`: nobody asked the kernel, but the CPUs went on. `squeezed`: the same, and softirqs ran out of
 * their budget. `unknown`: nobody looked, or what was seen is neither.
 */
export type CpuView = 'waited' | 'gap' | 'no-wait' | 'beating' | 'squeezed' | 'unknown';

export function cpuView(incident: CpuSeen, machine: string, watched: boolean): CpuView {
  const views = remembered.get(incident) ?? new Map<string, CpuView>();
  remembered.set(incident, views);
  const key = `${watched ? '+' : '-'}${machine}`;
  const view = views.get(key) ?? lookAt(incident, machine, watched);
  views.set(key, view);
  return view;
}

type CpuSeen = Pick<Observation, 'local' | 'traced' | 'startMaxNs' | 'releaseNs'>;

/** Each hypothesis asks again, and an incident never changes: what comes later makes another one. */
const remembered = new WeakMap<CpuSeen, Map<string, CpuView>>();

function lookAt(incident: CpuSeen, machine: string, watched: boolean): CpuView {
  const own = incident.local.filter((piece) => piece.machine === machine);
  const waited = coveredShare(
    own.filter(({ kind }) => kind === 'kernel-wait' || kind === 'napi-delay'),
    incident,
  );
  if (waited >= COINCIDES) return 'waited';
  const gap = coveredShare(
    own.filter((piece) => piece.kind === 'cpu-gap' && piece.servesInterface),
    incident,
  );
  if (gap >= COINCIDES) return 'gap';
  if (waited >= PASSES || gap >= PASSES) return 'unknown';
  if (incident.traced.includes(machine)) return 'no-wait';
  if (!watched) return 'unknown';
  return own.some((piece) => piece.kind === 'softnet' && piece.timeSqueeze > 0) ? 'squeezed' : 'beating';
}

/** Share of an incident, from the first held send to the release, that lies within some of the pieces. */
function coveredShare(
  pieces: readonly LocalEvidence[],
  { startMaxNs, releaseNs }: Pick<Observation, 'startMaxNs' | 'releaseNs'>,
): number {
  const lengthNs = releaseNs - startMaxNs;
  if (pieces.length === 0 || lengthNs <= 0) return 0;
  const spans = pieces.map((piece) => spanBefore(piece, releaseNs)).sort((a, b) => a.fromNs - b.fromNs);
  let [coveredNs, untilNs] = [0, startMaxNs];
  for (const { fromNs, toNs } of spans) {
    const endNs = Math.min(toNs, releaseNs);
    if (endNs <= untilNs) continue;
    coveredNs += endNs - Math.max(fromNs, untilNs);
    untilNs = endNs;
  }
  return coveredNs / lengthNs;
}
