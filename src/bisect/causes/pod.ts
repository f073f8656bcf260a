import type { Topology } from '../paths/topology.js';
import { AFTER_RECEIVE } from './after-receive.js';
import { isShared } from './branching.js';
import { type Reach, STALLING, type Variant } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';

/** Behind a NodePort or service there may be more pods than the hosts file names, and one of them waits. */
const ONE_OF_SEVERAL = 0.25;
/** It is the same one each time: that several pods wait in turn takes as many faults. */
const SAME_POD = 0.98;
/** Of such ports so many draw a pod for every connection; the others go by the flow. */
const DRAWN = 0.3;

/**
 * The way from a node into its pod, or the pod itself, waits. Holds for every path that ends in the pod, whatever way
 * it took to the node; probes that the node answers itself pass. Where several pods share a port each flow has one of
 * them, or each connection gets one by chance, and only what goes to the one that waits is held.
 */
export const pod: CauseKnowledge = {
  name: 'pod',
  share: 0.11,
  places: (topology) =>
    topology.places('pod').map((machines) => ({
      machines,
      weight: 1,
      words: `packets wait at the pod on ${machines[0]}`,
      variants: variants(topology, machines),
      release: 'pipe',
      kinds: STALLING,
    })),
  local: AFTER_RECEIVE,
  meaning: (place) => `Packets wait at the pod on ${place}.`,
  lookInto: ([machine = '']) => [`on ${machine}: CPU limits and throttling of the pod (cpu.stat), backlog of its veth`],
  tellApart: ([machine = ''], others, scene) =>
    others.some(({ cause }) => cause === 'rx-queue' || cause === 'network' || cause === 'device') &&
    scene.paths.some((path) => path.answeredBy === machine && isShared(path) && path.backends === undefined)
      ? [
          'count the pods behind the port (kubectl get endpoints), say it in the hosts file (backends: …) and probe each of them: flows also part where several answer',
        ]
      : [],
};

function variants(topology: Topology, machines: readonly string[]): Variant[] {
  const reach = (shared: Reach): Reach[] =>
    topology.paths.map((one, path) =>
      topology.crosses(path, 'pod', machines) ? (isShared(one) && one.backends !== 1 ? shared : 'all') : 'none',
    );
  const shared = reach('by-flow');
  const held = heldPods(topology, shared);
  if (!shared.includes('by-flow')) return held.map(({ share, only }) => ({ share, reach: only(reach('all')) }));
  const known = topology.paths.flatMap(({ backends }, path) => (shared[path] === 'by-flow' ? [backends ?? 0] : []));
  const several = known.every((backends) => backends > 1);
  const share = several ? 1 : ONE_OF_SEVERAL;
  const [places = 0, other] = [...new Set(known)];
  const parting = { parallel: true, same: SAME_POD, ...(several && other === undefined ? { places } : {}) } as const;
  // Whether a pod that is probed by its own address is the one that waits is open then.
  const elsewhere = (way: Reach): Reach[] => reach(way).map((one) => (one === 'all' ? 'none' : one));
  return [
    ...(several ? [] : held.map((pods) => ({ share: (1 - share) * pods.share, reach: pods.only(reach('all')) }))),
    ...held.map((pods) => ({
      share: (((1 - DRAWN) * share) / 2) * pods.share,
      reach: pods.only(shared),
      ...parting,
    })),
    { share: ((1 - DRAWN) * share) / 2, reach: elsewhere('by-flow'), ...parting },
    ...held.map((pods) => ({ share: ((DRAWN * share) / 2) * pods.share, reach: pods.only(reach('drawn')) })),
    { share: (DRAWN * share) / 2, reach: elsewhere('drawn') },
  ];
}

/** Of the pods that are probed by their own addresses all wait, or one of them. */
function heldPods(
  { paths }: Topology,
  shared: readonly Reach[],
): { readonly share: number; readonly only: (reach: Reach[]) => Reach[] }[] {
  const isPod = (path: number): boolean => shared[path] === 'all' && paths[path]?.targetKind === 'pod';
  const pods = [...new Set(paths.flatMap(({ address }, path) => (isPod(path) && address ? [address] : [])))];
  if (pods.length < 2) return [{ share: 1, only: (reach) => reach }];
  const one = (held: string) => (reach: Reach[]) =>
    reach.map((way, path) => (isPod(path) ? (paths[path]?.address === held ? 'all' : 'none') : way));
  return [
    { share: 1 / 2, only: (reach) => reach },
    ...pods.map((held) => ({ share: 1 / (2 * pods.length), only: one(held) })),
  ];
}
