import type { Topology } from '../paths/topology.js';
import { CAUSE_SHARES, HEALTHY, NETWORK_BETWEEN, NETWORK_LAST_MILE, PAIRS, UNKNOWN } from '../weigh/priors.js';
import { host } from './host.js';
import type { Hypothesis } from './hypothesis.js';
import { ipip } from './ipip.js';
import { nat } from './nat.js';
import { networkBetween, networkLastMile } from './network.js';
import { pod } from './pod.js';
import { rxQueue } from './rx-queue.js';
import { sender } from './sender.js';

type Build = (topology: Topology, machines: readonly string[], prior: number) => Hypothesis;

/** Every single cause at every place that the paths cross. The prior of a cause is shared evenly by its places. */
export function allCauses(topology: Topology): Hypothesis[] {
  const machinesOf = (names: Iterable<string>): string[][] => [...new Set(names)].map((name) => [name]);
  const receiving = machinesOf(topology.places('rx-queue').flat()).filter(([name]) =>
    topology.paths.some((_, path) => topology.arrivesAt(path, name as string)),
  );
  const vantages = machinesOf(topology.vantageMachines);
  const between = topology.places('network');
  const ends = machinesOf(between.flat());
  const at =
    (build: (topology: Topology, machine: string, prior: number) => Hypothesis): Build =>
    (where, machines, prior) =>
      build(where, machines[0] as string, prior);
  const single = 1 - HEALTHY - PAIRS - UNKNOWN;
  const spread = (build: Build, places: readonly (readonly string[])[], share: number): Hypothesis[] =>
    places.map((machines) => build(topology, machines, (single * share) / places.length));
  return [
    ...spread(at(rxQueue), receiving, CAUSE_SHARES['rx-queue']),
    ...spread(at(host), receiving, CAUSE_SHARES.host),
    ...spread(at(nat), topology.places('nat'), CAUSE_SHARES.nat),
    ...spread(ipip, topology.places('ipip'), CAUSE_SHARES.ipip),
    ...spread(at(pod), topology.places('pod'), CAUSE_SHARES.pod),
    ...spread(networkBetween, between, CAUSE_SHARES.network * NETWORK_BETWEEN),
    ...spread(at(networkLastMile), ends, CAUSE_SHARES.network * NETWORK_LAST_MILE),
    ...spread(at(sender), vantages, CAUSE_SHARES.sender),
  ];
}
