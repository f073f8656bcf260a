import type { MeasuredPath } from '../../model/measured-path.js';
import { isOverlay, type Overlay } from '../../model/overlay.js';
import type { Stage, StageKind } from '../../model/stage.js';

/** What the causes ask of the paths. Machines are named as in stages. */
export interface Topology {
  readonly paths: readonly MeasuredPath[];
  /** Machine a path's probes start from, and where its replies come in. */
  readonly vantageMachines: readonly string[];
  /** Distinct places of one kind of stage, in the order in which paths name them. */
  places(kind: StageKind): readonly (readonly string[])[];
  crosses(path: number, kind: StageKind, machines: readonly string[]): boolean;
  /** Whether packets come in at a machine that is not the path's own: the probe there, or on the way of either leg. */
  arrivesAt(path: number, machine: string): boolean;
  /** How often packets of the path come in there: twice at a node that passes a NodePort on and its replies back. */
  arrivals(path: number, machine: string): number;
  startsAt(path: number, machine: string): boolean;
  /** Whether the path crosses any network to or from the machine. */
  touchesNetworkOf(path: number, machine: string): boolean;
  isControl(path: number): boolean;
  /** The two addresses that packets of the path have where they reach a machine, or go past it: one hash, one queue. */
  addressesAt(path: number, machine: string): string;
  /** The tunnel that packets of the path go through. */
  overlay(path: number): Overlay | undefined;
  /** Whether they reach a machine inside it, and may be hashed by its outer addresses there. */
  isTunnelledAt(path: number, machine: string): boolean;
  /** The two addresses that they have inside of it. */
  innerAddresses(path: number): string;
}

export function topologyOf(paths: readonly MeasuredPath[]): Topology {
  const stages = paths.map((path) => [...path.out, ...path.back]);
  const vantageMachines = paths.map((path) => machineOfVantage(path));
  const has = (path: number, test: (stage: Stage) => boolean): boolean => (stages[path] ?? []).some(test);
  const overlay = (path: number): Overlay | undefined => (stages[path] ?? []).map(({ kind }) => kind).find(isOverlay);
  const arrivals = (path: number, machine: string): number =>
    (stages[path] ?? []).filter((stage) => stage.kind === 'rx-queue' && stage.machines[0] === machine).length;
  const addresses = new Map<string, string>();
  for (const { targetKind, answeredBy, address } of paths) {
    const own = targetKind === 'node' || targetKind === 'external';
    if (own && address !== undefined && !addresses.has(answeredBy)) addresses.set(answeredBy, address);
  }
  const addressOf = (machine: string): string => addresses.get(machine) ?? machine;
  const podsOn = new Map<string, Set<string>>();
  for (const { targetKind, answeredBy, address } of paths) {
    if (targetKind !== 'pod' || address === undefined) continue;
    podsOn.set(answeredBy, (podsOn.get(answeredBy) ?? new Set()).add(address));
  }
  return {
    paths,
    vantageMachines,
    places(kind) {
      const found = new Map<string, readonly string[]>();
      for (const stage of stages.flat()) {
        if (stage.kind === kind) {
          found.set(stage.machines.join('+'), stage.machines);
        }
      }
      return [...found.values()];
    },
    crosses: (path, kind, machines) =>
      has(path, (stage) => stage.kind === kind && stage.machines.join('+') === machines.join('+')),
    arrivesAt: (path, machine) =>
      machine !== vantageMachines[path] &&
      has(path, (stage) => stage.kind === 'rx-queue' && stage.machines[0] === machine),
    arrivals,
    startsAt: (path, machine) => vantageMachines[path] === machine,
    touchesNetworkOf: (path, machine) =>
      has(path, (stage) => stage.kind === 'network' && (stage.machines as readonly string[]).includes(machine)),
    isControl: (path) =>
      paths[path]?.targetKind === 'control' || !has(path, ({ kind }) => kind === 'network' || isOverlay(kind)),
    addressesAt: (path, machine) => {
      const networks = (stages[path] ?? []).filter(
        ({ kind, machines }) => kind === 'network' && (machines as readonly string[]).includes(machine),
      );
      const answering = paths[path]?.answeredBy as string;
      // What a node passes on comes back to it from the far one, beside all else that those two exchange.
      const next =
        arrivals(path, machine) > 1
          ? networks.find(({ machines }) => (machines as readonly string[]).includes(answering))
          : networks[0];
      const from = next?.machines.find((name) => name !== machine) ?? (vantageMachines[path] as string);
      const to = next === undefined ? answering : machine;
      // Tunnelled packets have the addresses of the nodes; of what comes back to the vantage the target's is the first.
      const own = overlay(path) !== undefined || arrivals(path, machine) > 1 ? undefined : paths[path]?.address;
      return vantageMachines[path] === machine
        ? `${own ?? addressOf(from)} ${addressOf(to)}`
        : `${addressOf(from)} ${own ?? addressOf(to)}`;
    },
    overlay,
    isTunnelledAt: (path, machine) =>
      has(path, ({ kind, machines }) => isOverlay(kind) && (machine === '' || [...machines].includes(machine))),
    innerAddresses: (path) => {
      const { targetKind, address, target, answeredBy } = paths[path] as MeasuredPath;
      if (targetKind !== 'nodeport') return `${vantageMachines[path]} ${address ?? target} inside`;
      // A node that passes a port on puts its own address in the place of the sender's, or replies would go past it.
      const [only, further] = podsOn.get(answeredBy) ?? [];
      const tunnel = (stages[path] ?? []).find(({ kind }) => isOverlay(kind));
      const node = tunnel?.machines.find((machine) => machine !== answeredBy) ?? vantageMachines[path];
      return `${node} ${further === undefined && only !== undefined ? only : `behind ${target}`} inside`;
    },
  };
}

/** The vantage's stage `sender` says which machine it is on; without one its own name does. */
export function machineOfVantage(path: MeasuredPath): string {
  return path.out.find((stage) => stage.kind === 'sender')?.machines[0] ?? path.vantage;
}
