import type { MeasuredPath } from '../../model/measured-path.js';
import { isOverlay, type Overlay } from '../../model/overlay.js';
import { routeAlong } from '../../model/route.js';
import type { Stage } from '../../model/stage.js';
import { isShared } from '../causes/branching.js';
import { machineOfVantage } from '../paths/topology.js';
import { isShorter, neededTimes } from './misdescribed-paths.js';

/** The paths if one entry of the hosts file says something else than it does. */
export interface OtherDescription {
  /** The target of that entry. */
  readonly target: string;
  /** `nodeport leads to a pod on node-remote`. */
  readonly words: string;
  /** All paths; those to the target go the other way, and those to ports that lead to it. */
  readonly paths: readonly MeasuredPath[];
  /** Indices of those. */
  readonly own: readonly number[];
  /** How much less well the quickest replies fit it than what the hosts file says: 1 or less. */
  readonly fit: number;
}

/** What the replies of a path say of its length. */
export interface Replies {
  /** The quickest; 0 where none came. */
  readonly quickestNs: number;
  /** What is left of their TTLs. */
  readonly ttls: ReadonlySet<number>;
}

/** What systems send with (RFC 1700; Linux and macOS, Windows, routers): what comes so has passed no router. */
const INITIAL_TTLS: ReadonlySet<number> = new Set([64, 128, 255]);

/** A path takes just as long as its networks in the hosts file do, and it would be slow for those of another description. */
const SLOW = 0.05;

/**
 * What the hosts file may be wrong about, one entry at a time, as far as nothing that was measured contradicts it: a pod
 * that is on another node, a port that leads to a pod on another one, a tunnel that is used or not, another number of
 * pods behind a port. Nodes are told by their own addresses and are not in doubt.
 *
 * @param replies by path
 */
export function otherDescriptions(
  paths: readonly MeasuredPath[],
  replies: readonly Replies[],
): readonly OtherDescription[] {
  const targets = [...new Set(paths.flatMap((path) => (leadsToPod(path) ? [path.target] : [])))];
  const nodes = [...new Set(paths.flatMap(nodesOf))];
  const overlay = paths.map(overlayOf).find((one) => one !== undefined);
  const saidNs = neededTimes(paths, replies.map(quickestOf));
  return targets.flatMap((target) => {
    const own = paths.flatMap((path, index) => (path.target === target || path.pod === target ? [index] : []));
    const changed = (words: string, change: (path: MeasuredPath) => MeasuredPath): Omit<OtherDescription, 'fit'> => ({
      target,
      words,
      own,
      paths: paths.map((path, index) => (own.includes(index) ? change(path) : path)),
    });
    const first = paths.find((path) => path.target === target) as MeasuredPath;
    const port = isShared(first);
    const homes = nodes
      .filter((node) => node !== first.answeredBy)
      .map((node) =>
        changed(port ? `${target} leads to a pod on ${node}` : `${target} is on ${node}`, (path) =>
          goingTo(path, node, overlayOf(path) ?? overlay),
        ),
      );
    const tunnels = port
      ? []
      : otherTunnel(
          own.map((index) => paths[index] as MeasuredPath),
          overlay,
        );
    const others = [
      ...homes,
      ...tunnels.map(({ words, by }) => changed(`${target} ${words}`, (path) => goingTo(path, path.answeredBy, by))),
      ...otherBackends(first).map((backends) =>
        changed(`${target} leads to ${backends === 1 ? 'one pod' : 'several pods'}`, (path) => ({ ...path, backends })),
      ),
    ];
    return others.flatMap((one) => {
      const fit = fitOf(one, saidNs, replies);
      return fit === 0 ? [] : [{ ...one, fit }];
    });
  });
}

/**
 * 0 where a path to the target is answered more quickly than it could be then, or from behind a router where it would
 * meet none.
 *
 * @param saidNs by path, what the way that the file says takes
 */
function fitOf(
  { paths, own }: Pick<OtherDescription, 'paths' | 'own'>,
  saidNs: readonly number[],
  replies: readonly Replies[],
): number {
  const otherNs = neededTimes(paths, replies.map(quickestOf));
  const times = own.flatMap((path) => {
    const { quickestNs, ttls } = replies[path] as Replies;
    const near = isNear(paths[path] as MeasuredPath);
    const routed = [...ttls].some((ttl) => !INITIAL_TTLS.has(ttl));
    return quickestNs === 0
      ? []
      : [{ quickestNs, said: saidNs[path] ?? 0, other: otherNs[path] ?? 0, contradicted: near && routed }];
  });
  if (times.some(({ quickestNs, other, contradicted }) => contradicted || isShorter(quickestNs, other))) return 0;
  return times.some(({ quickestNs, said, other }) => isShorter(other, quickestNs) && !isShorter(said, quickestNs))
    ? SLOW
    : 1;
}

const quickestOf = ({ quickestNs }: Replies): number => quickestNs;

/** Whether what answers is on the machine that asks. */
const isNear = ({ out }: MeasuredPath): boolean => out.every(({ kind }) => kind !== 'network' && !isOverlay(kind));

/** Where the hosts file says how many pods there are. */
function otherBackends({ backends }: MeasuredPath): number[] {
  return backends === undefined ? [] : [backends === 1 ? 2 : 1];
}

function otherTunnel(
  own: readonly MeasuredPath[],
  overlay: Overlay | undefined,
): readonly { readonly words: string; readonly by: Overlay | undefined }[] {
  const [said] = own.flatMap((path) => overlayOf(path) ?? []);
  if (said !== undefined) return [{ words: `is reached without ${said}`, by: undefined }];
  return overlay === undefined ? [] : [{ words: `is reached through ${overlay}`, by: overlay }];
}

const leadsToPod = (path: MeasuredPath): boolean => path.targetKind === 'pod' || isShared(path);

/** Machines that may have pods: those of nodes and pods, and the ends of tunnels. */
function nodesOf(path: MeasuredPath): readonly string[] {
  const ends = [...path.out, ...path.back].flatMap((stage) => (isOverlay(stage.kind) ? [...stage.machines] : []));
  return leadsToPod(path) || path.targetKind === 'node' ? [path.answeredBy, ...ends] : ends;
}

const overlayOf = ({ out, back }: MeasuredPath): Overlay | undefined =>
  [...out, ...back].map(({ kind }) => kind).find(isOverlay);

/** The path if what answers it is on that machine. */
function goingTo(path: MeasuredPath, answering: string, overlay: Overlay | undefined): MeasuredPath {
  const { targetKind, answeredBy, out, back } = path;
  const moved = (stage: Stage): Stage =>
    stage.machines[0] === answeredBy ? { ...stage, machines: [answering] } : stage;
  const way = routeAlong({
    targetKind,
    from: machineOfVantage(path),
    fromIsProbed: back.at(-1)?.kind === 'rx-queue',
    entrance:
      targetKind === 'nodeport' ? (out.find(({ kind }) => kind === 'nat')?.machines[0] ?? answering) : answering,
    answering,
    overlay,
    behindNetwork: out.filter(({ kind }) => kind === 'listener' || kind === 'server' || kind === 'resolver').map(moved),
  });
  return { ...path, answeredBy: answering, ...way };
}
