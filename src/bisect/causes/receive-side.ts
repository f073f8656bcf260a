import type { Topology } from '../paths/topology.js';
import type { Hypothesis, Parts, Reach, Ways } from './hypothesis.js';
import { type Scene, vantageOn } from './scene.js';

/** Machines that packets of others come in at, each as a place. */
export function receivingMachines(topology: Topology): string[] {
  return [...new Set(topology.places('rx-queue').flat())].filter((machine) =>
    topology.paths.some((_, path) => topology.arrivesAt(path, machine)),
  );
}

/** What happens to all that comes in at a machine, and what to the replies to its own probes. */
export function reachInto(topology: Topology, machine: string, held: Reach, ownReplies: Reach): Reach[] {
  return topology.paths.map((_, path) =>
    topology.arrivesAt(path, machine) ? held : sendsFrom(topology, path, machine) ? ownReplies : 'none',
  );
}

export function sendsFrom(topology: Topology, path: number, machine: string): boolean {
  return topology.startsAt(path, machine) && !topology.isControl(path);
}

/** A wait of the receive side of a whole machine that a trace of its kernel does not show. */
export const TRACE_BLIND = 0.004;

/** What packets wait for before the driver takes them; and what holds them on either leg, the receiver does not know. */
export const BEFORE_CAPTURE: Parts = [0.93, 0.02, 0.05];
const INSIDE: Parts = [0.05, 0.9, 0.05];

/**
 * A software stamp is taken after the wait for the driver's poll, so a queue reads as the network does; where packets
 * are steered to another CPU (RPS) they wait for it after the stamp.
 */
export const WAITS_FOR_CPU: Ways = [
  [0.65, BEFORE_CAPTURE],
  [0.35, INSIDE],
];
/** What another machine sees of it: its own replies come back late. */
export const WAITS_ELSEWHERE: Ways = [[1, [0.05, 0.02, 0.93]]];

/** Incidents in which a kernel must have been asked for its answer to be as clear as it will get. */
const ASKED_ENOUGH = 5;

/** What tells the receive side of a machine from the network before it, and a queue of it from all of them. */
export function tellReceiveSide(machine: string, others: readonly Hypothesis[], scene: Scene): string[] {
  const rivals = others.filter(
    ({ cause, machines }) => machines.includes(machine) && ['rx-queue', 'host', 'device', 'network'].includes(cause),
  );
  if (rivals.length === 0) return [];
  const vantage = vantageOn(machine, scene);
  if (vantage === undefined) {
    return [
      `name a vantage on ${machine} in the hosts file (vantage: …): its kernel shows whether packets wait for a CPU there, which tells host and rx-queue from device and network`,
    ];
  }
  if (scene.traced.has(machine)) {
    const { of = 0, inOf = {} } = scene.asked ?? {};
    const asked = inOf[machine] ?? 0;
    if (asked < ASKED_ENOUGH && asked < of) {
      return [
        `the kernel of ${machine} was asked in ${asked} of ${of} incidents only: measure longer (--duration), so that it is asked in more of them`,
      ];
    }
    return [
      `the kernel of ${machine} was asked already: what is left is told by a card that stamps arrivals in hardware (ethtool -T), or by probing another machine behind the same switch port or on the same hypervisor`,
    ];
  }
  return [
    `from outside these look the same at ${machine}; the kernel trace by its vantage ${vantage.name} (${scene.watched.has(machine) ? 'without --no-trace' : 'needs root there'}) tells them apart`,
  ];
}
