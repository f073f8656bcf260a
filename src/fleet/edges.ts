import { type EdgePath, edgePathName } from '../model/fleet/edge.js';
import { EDGE_KINDS, type EdgeKind, type Member } from '../model/fleet/member.js';
import {
  DEFAULT_MATCH_NS,
  DEFAULT_WAIT_NS,
  type PlannedPath,
  type ProbePlan,
  UNWATCHED_TELL_NS,
} from '../model/plan.js';
import { present } from '../model/present.js';
import { MS, SECOND } from '../model/time.js';
import { type PairSecrets, pathSecret } from './inbound/pair-keys.js';

export interface EdgeOptions {
  readonly kinds: readonly EdgeKind[];
  /** From one probe to a neighbour to the next, all its paths together. */
  readonly intervalNs: number;
  /** Fixed source ports of a SYN path. */
  readonly flows: number;
}

/**
 * What happens each second or each minute, as jobs do, would otherwise meet the same paths of a grid of 40 ms each time,
 * and never the others. Of 1 s and 60 s no number of paths from 1 to 5 makes a whole number of turns with this.
 */
const OUT_OF_STEP = 1.0073;

/** The paths to one member, in turn: all that it can be reached by of the kinds wanted. */
export function pathsTo(member: Member, { kinds, intervalNs, flows }: EdgeOptions): EdgePath[] {
  const paths = EDGE_KINDS.filter((kind) => kinds.includes(kind)).flatMap((kind) => {
    const place = member.addresses[kind];
    if (place === undefined) return [];
    const base = { to: member.name, kind, address: place.address };
    // A NodePort is a translation of TCP: an echo to its address is one to the node.
    const echo = kind === 'nodeport' ? [] : [{ ...base, protocol: 'icmp' as const, flows: 1 }];
    const { port } = place;
    return port === undefined ? echo : [...echo, { ...base, protocol: 'syn' as const, port, flows }];
  });
  return paths.map((path) => ({ ...path, intervalNs: Math.round(intervalNs * OUT_OF_STEP * paths.length) }));
}

export interface PlanOptions {
  readonly from: string;
  readonly sourcePorts: readonly [number, number];
  readonly interface?: string | undefined;
  readonly maxPerTarget: number;
  /** Where each neighbour's probers take turns: which of how many this one is. */
  turnOf(to: string): { readonly rank: number; readonly of: number };
  /** Absent where nothing is shared: then targets do not know the probes. */
  readonly secrets?: PairSecrets | undefined;
  keyOf(name: string): string | undefined;
  readonly nowMonoNs: number;
  readonly nowRealNs: number;
}

/** A little later than the prober needs to start. */
const START_IN_NS = 300 * MS;

/**
 * The plan of a prober for these paths. The paths to one neighbour take turns on its grid, and so do all probers of one
 * neighbour, whenever each has begun: slots are counted from 1970 by the wall clock and shifted by rank.
 */
export function planEdges(paths: readonly EdgePath[], options: PlanOptions): ProbePlan {
  const startReal = Math.ceil((options.nowRealNs + START_IN_NS) / SECOND) * SECOND;
  const startAtNs = options.nowMonoNs + (startReal - options.nowRealNs);
  return {
    paths: paths.map((path, index): PlannedPath => {
      const own = paths.filter(({ to }) => to === path.to);
      const stepNs = path.intervalNs / own.length;
      const { rank, of } = options.turnOf(path.to);
      const turnNs = stepNs * (own.indexOf(path) + rank / of);
      const phaseNs = Math.round(positiveRest(turnNs - (startReal % path.intervalNs), path.intervalNs));
      return {
        name: edgePathName(options.from, path),
        protocol: path.protocol,
        address: path.address,
        flows: path.flows,
        freshPerSecond: 0,
        intervalNs: path.intervalNs,
        phaseNs,
        ...present({ port: path.port, fromPorts: path.fromPorts }),
        ...(options.interface === undefined ? {} : { interface: options.interface }),
        ...toldOf(path, index, paths, options),
      };
    }),
    count: 0,
    durationNs: 0,
    startAtNs,
    waitNs: DEFAULT_WAIT_NS,
    matchNs: DEFAULT_MATCH_NS,
    timestamps: 'auto',
    cpu: 'auto',
    scheduling: 'auto',
    sourcePorts: options.sourcePorts,
    maxPacketsPerSecondToTarget: options.maxPerTarget,
    tellNs: UNWATCHED_TELL_NS,
    sparesOthers: true,
  };
}

/** The rest of a division that is never negative. */
function positiveRest(value: number, by: number): number {
  return ((value % by) + by) % by;
}

const MOST_ANNOUNCED = 4;

function toldOf(path: EdgePath, index: number, all: readonly EdgePath[], options: PlanOptions) {
  const pair = options.secrets?.between(
    { name: options.from, key: options.keyOf(options.from) },
    { name: path.to, key: options.keyOf(path.to) },
  );
  if (pair === undefined) return {};
  const secret = pathSecret(pair, options.from, path.to, path.port ?? 0);
  if (path.protocol !== 'icmp') return { told: { secret } };
  // A NodePort has no echo of its own: it is announced with the node, at whose address it is.
  const announces = all.flatMap((other, at) =>
    at !== index && other.to === path.to && other.protocol === 'syn' && other.address === path.address ? [at] : [],
  );
  return { told: { secret, announces: announces.slice(0, MOST_ANNOUNCED) } };
}

/** The interval of a full sweep: 10 ms a path, unless two of these would bring the target over its rate. */
export function sweepIntervalNs(wantedNs: number, paths: number, maxPerTarget: number, neighbours: number): number {
  const usual = (neighbours * SECOND) / (40 * MS);
  const perSecond = Math.max(1, (maxPerTarget - usual) / 2);
  return Math.max(wantedNs / Math.max(1, paths), SECOND / perSecond);
}
