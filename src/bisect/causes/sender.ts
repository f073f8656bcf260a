import { machineOfVantage, type Topology } from '../paths/topology.js';
import { type Reach, STALLING, type Ways } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
import { type Scene, traceAdvice } from './scene.js';

const WHOLE = 0.3;
const QUEUES = 0.4;
const ONE_QUEUE = 0.3;
/**
 * The same where others probe the machine too: a receive queue of its own would hold theirs as well, so it takes a queue
 * on the way out, or replies that are steered apart.
 */
const ONE_QUEUE_OF_PROBED = 0.06;
/** Packets that wait on their way out wait for no receive work, which is what the trace looks at. */
const UNSEEN = 0.2;
/** What it sends waits, or the replies that it has to take in do, or both. */
const OUT_OR_IN: Ways = [
  [0.3, [0.93, 0.02, 0.05]],
  [0.45, [0.05, 0.02, 0.93]],
  [0.25, [0.4, 0.02, 0.58]],
];

/**
 * The vantage's own side waits: its CPU, its queues out, or its receive queues when replies come. Holds for paths from
 * that vantage to all targets at once, in part by flow where only one of its receive queues waits; loopback controls
 * wait too only where its CPU does. Packets of others that arrive there pass, or it would be `host` or `rx-queue`.
 */
export const sender: CauseKnowledge = {
  name: 'sender',
  share: 0.125,
  places: (topology) =>
    [...new Set(topology.vantageMachines)].map((machine) => ({
      machines: [machine],
      weight: 1,
      words: `${machine} itself is slow to send, or to take in the replies`,
      variants: [
        { share: WHOLE, reach: sent(topology, machine, 'all', 'all') },
        { share: QUEUES, reach: sent(topology, machine, 'all', 'none') },
        {
          share: isProbed(topology, machine) ? ONE_QUEUE_OF_PROBED : ONE_QUEUE,
          reach: sent(topology, machine, 'by-flow', 'none'),
        },
      ],
      release: 'several-queues',
      kinds: STALLING,
    })),
  local: {
    waits: 0.6,
    blind: UNSEEN,
    blindByFlow: UNSEEN,
    here: OUT_OR_IN,
    elsewhere: OUT_OR_IN,
  },
  meaning: (place) => `${place} itself is slow to send, or to take in the replies.`,
  lookInto: ([machine = ''], scene) => [
    `${machine} itself waits: do not conclude on its targets from there`,
    ...traceAdvice(machine, scene),
  ],
  tellApart: ([machine = ''], others, scene) =>
    others.some(({ cause }) => cause !== 'sender' && cause !== 'unknown')
      ? [secondVantage(scene), furtherTarget(machine, scene)]
      : [],
};

function isProbed(topology: Topology, machine: string): boolean {
  return topology.paths.some((_, path) => topology.arrivesAt(path, machine));
}

function sent(topology: Topology, machine: string, probes: Reach, controls: Reach): Reach[] {
  return topology.paths.map((_, path) =>
    topology.startsAt(path, machine) ? (topology.isControl(path) ? controls : probes) : 'none',
  );
}

function secondVantage({ paths, vantages }: Scene): string {
  const used = new Set(paths.map(machineOfVantage));
  const free = vantages.find(({ name, machine }) => !used.has(machine ?? name));
  if (free !== undefined)
    return `let ${free.name} probe the same targets: with one vantage its own side cannot be told from its target`;
  return used.size < 2
    ? 'add a second vantage on another machine: with one vantage its own side cannot be told from its target'
    : 'let each vantage probe the targets of the others: what waits for one of them only is the side of that vantage';
}

function furtherTarget(machine: string, { paths, targets }: Scene): string {
  const probed = new Set(
    paths.filter((path) => machineOfVantage(path) === machine).map(({ answeredBy }) => answeredBy),
  );
  const other = targets.find(
    (target) =>
      target.kind !== 'control' &&
      !probed.has(target.machine ?? target.name) &&
      (target.machine ?? target.name) !== machine,
  );
  return other === undefined
    ? `add a target on a further machine for ${machine}: replies of it that pass clear ${machine}`
    : `probe ${other.name} from ${machine}: replies of it that pass clear ${machine}`;
}
