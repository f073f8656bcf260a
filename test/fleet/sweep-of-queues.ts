import { EdgeWatch, type PathFlows, type SeenOnEdge } from '../../src/detect/fleet/edge-watch.js';
import { flowOf, type PortsByPath } from '../../src/detect/fleet/kept-flows.js';
import { pathsTo, sweepIntervalNs } from '../../src/fleet/edges.js';
import type { EdgePath } from '../../src/model/fleet/edge.js';
import { EDGE_KINDS } from '../../src/model/fleet/member.js';
import { allocateSamples, Outcomes, takeSamples } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { FlowSighting } from '../../src/stats/flow-groups.js';
import { seeded } from '../detect/build-stream.js';

export const RANGE = [18_432, 22_527] as const;
const FIRST_PORT = 20_000;
const FLOWS = 16;
const RTT_NS = 0.3 * MS;

/** What one stall of one queue came to. */
export interface SeenStall {
  /** Probes of SYN paths with ports that it held. */
  readonly held: number;
  /** By the detectors of an agent. */
  readonly found: SeenOnEdge | undefined;
}

/** A closer look of an agent, as its defaults are, at a node with some receive queues, one of which stalls. */
export class SweepOfQueues {
  readonly #random: () => number;
  #key: number;
  #paths: readonly EdgePath[];
  #packets = 0;
  #ns = 0;

  constructor(
    private readonly queues: number,
    seed: number,
  ) {
    this.#random = seeded(seed);
    this.#key = Math.floor(this.#random() * 2 ** 31);
    const addresses = {
      node: { address: '10.0.0.1', port: 9876 },
      pod: { address: '10.244.0.1', port: 8080 },
      nodeport: { address: '10.0.0.1', port: 30_927 },
    };
    const intervalNs = sweepIntervalNs(10 * MS, 5, 1_000, 10);
    const options = { kinds: EDGE_KINDS, intervalNs: Math.ceil(intervalNs), flows: FLOWS };
    this.#paths = pathsTo({ name: 'b', ready: true, addresses }, options);
  }

  /** By path and flow. */
  get ports(): PortsByPath {
    return this.#paths.map(({ protocol, fromPorts }, path) =>
      protocol === 'icmp'
        ? []
        : (fromPorts ?? Array.from({ length: FLOWS }, (_, flow) => FIRST_PORT + path * FLOWS + flow)),
    );
  }

  get packetsPerSecond(): number {
    return this.#packets / (this.#ns / SECOND);
  }

  use(ports: PortsByPath): void {
    this.#paths = this.#paths.map((path, index) => {
      const fromPorts = ports[index] as readonly number[];
      return fromPorts.length === 0 ? path : { ...path, flows: fromPorts.length, fromPorts };
    });
  }

  /** The machine gives its queues another key. */
  regroup(): void {
    this.#key = Math.floor(this.#random() * 2 ** 31);
  }

  /** Some seconds with one stall of that length in them, at any phase of the sweep. */
  stall(lengthNs: number, queue = 0): SeenStall {
    const seconds = 1.5;
    const fromNs = (1 + 0.2 * this.#random()) * SECOND;
    const watch = new EdgeWatch('a', this.#paths, SECOND, {
      countsOf: () => ({ probes: 0, lost: 0 }),
      onRtt: () => {},
    });
    const { ports } = this;
    const probes = this.#paths.flatMap((path, index) => {
      const phase = this.#random() * path.intervalNs;
      return Array.from({ length: Math.floor((seconds * SECOND) / path.intervalNs) }, (_, seq) => {
        const sentNs = Math.round(phase + seq * path.intervalNs);
        const flow = seq % path.flows;
        const there = this.#queueOf(path, ports[index]?.[flow] ?? 0) === queue;
        const isHeld = there && sentNs >= fromNs && sentNs < fromNs + lengthNs;
        const rttNs = Math.round(RTT_NS + (isHeld ? fromNs + lengthNs - sentNs : 0) + 10_000 * this.#random());
        return { index, flow, seq, sentNs, rttNs, isHeld };
      });
    });
    this.#packets += probes.length;
    this.#ns += seconds * SECOND;
    probes.sort((a, b) => a.sentNs + a.rttNs - b.sentNs - b.rttNs);
    const samples = takeSamples(allocateSamples(probes.length), probes.length);
    for (const [i, { index, flow, seq, sentNs, rttNs }] of probes.entries()) {
      samples.path[i] = index;
      samples.flow[i] = flow;
      samples.seq[i] = seq;
      samples.sentNs[i] = sentNs;
      samples.dueNs[i] = sentNs;
      samples.rttNs[i] = rttNs;
      samples.outcome[i] = Outcomes.reply;
    }
    const found = [...watch.push(samples), ...watch.finish(seconds * SECOND)].find(
      ({ finding }) => finding.kind === 'stall',
    );
    const held = probes.filter(({ index, isHeld }) => isHeld && (this.#paths[index] as EdgePath).kind !== 'pod');
    return { held: held.filter(({ index }) => this.#paths[index]?.protocol === 'syn').length, found };
  }

  /** As an agent hands it on. */
  sighting({ hit, exposed }: SeenOnEdge): FlowSighting {
    const flows = (seen: readonly PathFlows[]): number[] =>
      seen.flatMap(({ kind, protocol, flows: own }) => {
        const path = this.#paths.findIndex((one) => one.kind === kind && one.protocol === protocol);
        return protocol === 'icmp' ? [] : own.map((flow) => flowOf(path, flow));
      });
    return { hit: flows(hit), passed: flows(exposed) };
  }

  /** Pods are reached by a tunnel, which is hashed by its own addresses. */
  #queueOf({ kind, protocol, port = 0 }: EdgePath, fromPort: number): number {
    const [from, to] = kind === 'pod' || protocol === 'icmp' ? [0, 0] : [fromPort, port];
    const random = seeded(this.#key ^ Math.imul(from + 1, 0x9e3779b1) ^ Math.imul(to + 7, 0x85ebca6b));
    random();
    return Math.floor(random() * this.queues);
  }
}
