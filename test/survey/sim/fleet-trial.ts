import { ChanceSequence, hashWords } from '../../../src/engines/sim/faults/chance.js';
import type { FleetSource } from '../../../src/model/fleet/fleet-evidence.js';
import { MS } from '../../../src/model/time.js';
import { concludeFleet, type FleetConclusion } from '../../../src/survey/conclude.js';
import { judgeSuspects, viewFleet } from '../../../src/survey/judge-fleet.js';
import { type FleetFault, type FleetModel, nodeName, simulateFleet, USUAL_FLEET, zoneOf } from './fleet-model.js';

/** What can be wrong in a fleet that is drawn by lot. */
export const TRIAL_KINDS = [
  'none',
  'one rx-queue',
  'two rx-queues',
  'three rx-queues',
  'host',
  'sender',
  'nat',
  'overlay',
  'zone pair',
  'unnamed groups',
  'rx-queue and sender',
  'throttled agents',
] as const;
export type TrialKind = (typeof TRIAL_KINDS)[number];

const LONG_STALL_NS = 500 * MS;

/** A fleet of one kind, its places and instants drawn by seed. */
export function drawFleet(kind: TrialKind, seed: number, nodes: number): FleetModel {
  const chance = new ChanceSequence(hashWords(seed, 71));
  const taken = new Set<number>();
  const node = (): number => {
    for (;;) {
      const drawn = chance.between(0, nodes - 1);
      if (!taken.has(drawn)) {
        taken.add(drawn);
        return drawn;
      }
    }
  };
  const queues = (): FleetFault => ({
    is: 'rx-queue',
    node: node(),
    queues: [2, 4, 8][chance.between(0, 2)] as number,
  });
  const model = { ...USUAL_FLEET, seed, nodes, churn: Math.min(10, Math.floor(nodes / 20)) };
  switch (kind) {
    case 'none':
      return { ...model, faults: [] };
    case 'one rx-queue':
      return { ...model, faults: [queues()] };
    case 'two rx-queues':
      return { ...model, faults: [queues(), queues()] };
    case 'three rx-queues':
      return { ...model, faults: [queues(), queues(), queues()] };
    case 'host':
    case 'sender':
    case 'overlay':
      return { ...model, faults: [{ is: kind, node: node() }] };
    case 'nat':
      // A NodePort has a fifth of the probes of an edge: shorter holds catch one of them at most.
      return { ...model, stallNs: LONG_STALL_NS, faults: [{ is: 'nat', node: node() }] };
    case 'zone pair':
      return { ...model, faults: [{ is: 'zones', between: [0, 1 + chance.between(0, 1)] }] };
    case 'unnamed groups':
      return { ...model, zonesKnown: false, faults: [{ is: 'zones', between: [0, 1 + chance.between(0, 1)] }] };
    case 'rx-queue and sender':
      return { ...model, faults: [queues(), { is: 'sender', node: node() }] };
    case 'throttled agents':
      return {
        ...model,
        faults: [
          { is: 'throttled', node: node() },
          { is: 'throttled', node: node() },
        ],
      };
  }
}

/** What must be said of a fleet. */
export interface ExpectedFleet {
  /** By node; any of the causes will do. */
  readonly bad: ReadonlyMap<string, readonly string[]>;
  readonly between: readonly string[] | 'groups' | null;
}

/** Causes that the paths of a fleet cannot tell from the one that is there. */
const ALIKE: Readonly<Record<string, readonly string[]>> = {
  'rx-queue': ['rx-queue', 'device', 'network', 'host'],
  host: ['host', 'device', 'network', 'rx-queue'],
  sender: ['sender'],
  nat: ['nat'],
  overlay: ['ipip'],
  pod: ['pod'],
};

export function expectedOf(model: FleetModel): ExpectedFleet {
  const bad = new Map<string, readonly string[]>();
  let between: ExpectedFleet['between'] = null;
  for (const fault of model.faults) {
    if (fault.is === 'zones') between = model.zonesKnown ? fault.between.map((zone) => zoneOf(zone, model)) : 'groups';
    else if (fault.is !== 'throttled') bad.set(nodeName(fault.node), ALIKE[fault.is] ?? []);
  }
  return { bad, between };
}

export interface TrialOutcome {
  /** Exactly the bad nodes, and the link where there is one. */
  readonly exact: boolean;
  readonly causesRight: boolean;
  readonly missed: readonly string[];
  /** Healthy nodes with 0.9 and more. */
  readonly accused: readonly string[];
  readonly tookMs: { readonly rates: number; readonly closer: number };
  readonly conclusion: FleetConclusion;
}

/** The whole verdict, as the command has it. */
export async function judgeFleet(
  source: FleetSource,
): Promise<{ conclusion: FleetConclusion; tookMs: TrialOutcome['tookMs'] }> {
  const found = await source.screen();
  const began = performance.now();
  const view = viewFleet(found);
  const viewed = performance.now();
  const evidence = await source.suspects(view.suspects);
  const fetched = performance.now();
  const suspects = judgeSuspects(view, evidence, found.windowNs);
  const context = { sinceNs: new Map<string, number>(), queries: 0, tookNs: 0, notes: [] };
  const conclusion = concludeFleet(view, suspects, context);
  return { conclusion, tookMs: { rates: viewed - began, closer: performance.now() - fetched } };
}

export async function runTrial(
  model: FleetModel,
  sourceOf: (fleet: ReturnType<typeof simulateFleet>) => FleetSource,
): Promise<TrialOutcome> {
  const { conclusion, tookMs } = await judgeFleet(sourceOf(simulateFleet(model)));
  return { ...compare(conclusion, expectedOf(model)), tookMs, conclusion };
}

export function compare(
  conclusion: FleetConclusion,
  expected: ExpectedFleet,
): Omit<TrialOutcome, 'tookMs' | 'conclusion'> {
  const { bad } = conclusion.verdict;
  const missed = [...expected.bad.keys()].filter((node) => !bad.includes(node));
  const accused = conclusion.nodes.flatMap(({ node, probability = 0 }) =>
    probability >= 0.9 && !expected.bad.has(node) ? node : [],
  );
  const link =
    expected.between === null
      ? conclusion.links.length === 0
      : conclusion.links.some(({ scope, between }) =>
          expected.between === 'groups' ? scope === 'groups' : between.join() === (expected.between as string[]).join(),
        );
  const causesRight = conclusion.nodes.every(
    ({ node, state, cause = '' }) => state !== 'bad' || (expected.bad.get(node)?.includes(cause) ?? false),
  );
  return { exact: missed.length === 0 && accused.length === 0 && link, causesRight, missed, accused };
}
