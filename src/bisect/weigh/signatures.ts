import type { MeasuredPath } from '../../model/measured-path.js';
import { hasPorts } from '../../model/protocol.js';
import type { Hypothesis, Reach, Release } from '../causes/hypothesis.js';
import type { IncidentKind, Observation } from '../evidence/observation.js';
import { echoFits } from '../evidence/parted-flows.js';
import type { Topology } from '../paths/topology.js';
import type { Case } from './case.js';
import { logMix, logOfCounts, logOfRare } from './log-math.js';

/** One pipe lets flows overtake each other only by mistake, once in so many or less. */
const PIPE_BY_FLOW = 30;
/** Share of the runs in which the order is not to be trusted. */
const ORDER_UNTRUSTED = 0.1;
/** A machine whose whole receive side waits has several queues; else it is a pipe as well. */
const SEVERAL_QUEUES = 0.6;

/** One incident in so many must be of a kind for the kind to count. */
export const LEAST_SHARE = 10;

/** Order of release over the incidents: one FIFO against several queues. */
export function scoreOrder(release: Release, incidents: readonly Observation[]): number {
  const fifo = incidents.reduce((sum, incident) => sum + incident.fifo, 0);
  const byFlow = incidents.reduce((sum, incident) => sum + incident.byFlow, 0);
  if (fifo + byFlow === 0) {
    return 0;
  }
  const open = logOfCounts([fifo, byFlow]);
  const pipe = logOfRare(byFlow, fifo, PIPE_BY_FLOW);
  return logMix(pipe, release === 'several-queues' ? SEVERAL_QUEUES : ORDER_UNTRUSTED, open);
}

/** Flows that part come by ways that differ: where ways part them, and where the queues of one machine do. */
const WAYS_DIFFER = 0.2;
const QUEUES_DIFFER = 0.004;
/** Echo requests fare as the flows of the way that they share; by a queue they do so by chance. */
const ECHO_FITS = 0.95;
const ECHO_FITS_BY_CHANCE = 0.5;

/** Some incidents, and what parts the flows of a path that wait in them from those that pass. */
interface Parted {
  readonly observations: readonly Observation[];
  partedBy(path: number): 'ttl' | 'time' | null;
}

/**
 * Whether the flows that wait come by other ways than those that pass, as they may behind routers with several equal
 * ways and on a port with several pods, and hardly ever on the queues of one machine; and whether the echo requests
 * between the same two addresses keep to the way by which their replies come. Where a port leads to several pods its
 * flows differ anyway, and what holds those to one of them may be anything on the way there: it tells of pods alone.
 */
export function scoreParting(
  cause: Hypothesis['cause'],
  reach: readonly Reach[],
  { topology, profiles, branching }: Pick<Case, 'topology' | 'profiles' | 'branching'>,
  incidents: Parted,
): number {
  const known = topology.paths.flatMap(({ protocol }, path) =>
    reach[path] === 'by-flow' &&
    hasPorts(protocol) &&
    (profiles[path]?.size ?? 0) > 1 &&
    (cause === 'pod' || !branching[path])
      ? [path]
      : [],
  );
  if (known.length === 0) return 0;
  const byWays = cause === 'network' || cause === 'pod';
  const differ = byWays ? WAYS_DIFFER : QUEUES_DIFFER;
  const parted = known.filter((path) => incidents.partedBy(path) !== null);
  const echoes = parted.flatMap(
    (path) => echoFits(profiles, incidents.observations, path, echoBeside(topology, path)) ?? [],
  );
  const echo = (fits: boolean): number => {
    const share = cause === 'network' ? ECHO_FITS : ECHO_FITS_BY_CHANCE;
    return Math.log(fits ? share : 1 - share);
  };
  return Math.log(parted.length > 0 ? differ : 1 - differ) + echoes.reduce((sum, fits) => sum + echo(fits), 0);
}

/** The path of echo requests between the same two addresses; -1 where there is none. */
export function echoBeside({ paths }: Pick<Topology, 'paths'>, path: number): number {
  const { vantage, address } = paths[path] as MeasuredPath;
  return paths.findIndex(
    (other) =>
      !hasPorts(other.protocol) && other.vantage === vantage && address !== undefined && other.address === address,
  );
}

/** Which kinds of incident there were; how many of each says nothing more. @param telling without what tells nothing of a kind */
export function scoreKinds(kinds: Hypothesis['kinds'], telling: readonly Observation[]): number {
  const seen = new Map<IncidentKind, number>();
  for (const { kind } of telling) {
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  // A kind seen once or twice among many of another is a judgement at the border of two.
  const settled = [...seen].filter(([, count]) => count * LEAST_SHARE >= telling.length);
  return settled.reduce((sum, [kind]) => sum + Math.log(kinds[kind]), 0);
}
