import { hasPorts } from '../../model/protocol.js';
import type { IncidentFlows } from '../evidence/incident-flows.js';
import { GLITCH, MISSED, MIXED, STRAY } from '../weigh/path-likelihood.js';
import type { QueueLabels } from '../words/queue-labels.js';
import type { Topology } from './topology.js';

const HELD_AS_IT_SHOULD = Math.log1p(-MISSED);
const PASSED_OR_MISSED = Math.log(MISSED);
const HELD_ASTRAY = Math.log(STRAY);
const PASSED_AS_IT_SHOULD = Math.log1p(-STRAY);
const LOG_GLITCH = Math.log(GLITCH);
const NO_GLITCH = Math.log1p(-GLITCH);
const LOG_MIXED = Math.log(MIXED);

/**
 * What one path shows of one flow, or of all its flows together, as log-likelihoods. They are asked for many times, so
 * the counts of held and passed are summed up once.
 */
export interface Unit {
  /** On a queue that never stalled. */
  readonly nowhere: number;
  /** What is gained on the queue with that label. */
  readonly gain: readonly number[];
}

/** What is asked of an incident: its flows, and how likely it is that a path did what it did by mistake. */
interface SeenIncident {
  readonly flows: IncidentFlows;
  number(of: 'any', path: number): number;
}

/** What one path shows of the queues, over some incidents, wherever the queues are. */
export interface HashedCounts {
  /** Log-likelihood where the path is not what it is taken for. */
  readonly unknown: number;
  readonly flows: readonly Unit[];
  readonly whole: Unit;
  readonly freshHeld: number;
  readonly freshPassed: number;
  /** Log-likelihood of what no queue does: odd incidents, flows of which some probes waited and others passed. */
  readonly odd: number;
  /** Remembered: by number of queues and by how the path meets them, its score by the queue of its addresses. */
  readonly byMeeting: (readonly number[] | undefined)[];
}

/** The same at one machine. */
export interface HashedPath {
  readonly counts: HashedCounts;
  /** Its packets have ports that may be hashed. */
  readonly hasPorts: boolean;
  /** They meet the queues inside a tunnel; where they meet them twice, on the way back. */
  readonly tunnelled: boolean;
  /** Its packets meet the queues on the way out and on the way back. */
  readonly twice: boolean;
  /** Paths of one group have the same two addresses where they meet the queue, outside of the tunnel. */
  readonly group: string;
  /** The same inside of it. */
  readonly innerGroup: string;
}

/** By queue label: incidents in which it waited, and in which it passed. */
class Counts {
  readonly #held: number[];
  readonly #passed: number[];

  constructor(labels: number) {
    this.#held = new Array(labels).fill(0);
    this.#passed = new Array(labels).fill(0);
  }

  held(label: number, count = 1): void {
    this.#held[label] = (this.#held[label] as number) + count;
  }

  passed(label: number, count = 1): void {
    this.#passed[label] = (this.#passed[label] as number) + count;
  }

  unit(): Unit {
    let nowhere = 0;
    const gain = this.#held.map((held, label) => {
      const passed = this.#passed[label] as number;
      const elsewhere = held * HELD_ASTRAY + passed * PASSED_AS_IT_SHOULD;
      nowhere += elsewhere;
      return held * HELD_AS_IT_SHOULD + passed * PASSED_OR_MISSED - elsewhere;
    });
    return { nowhere, gain };
  }
}

/** A unit of one incident on one queue. */
export function unitOf(held: number, passed: number): Unit {
  const counts = new Counts(1);
  counts.held(0, held);
  counts.passed(0, passed);
  return counts.unit();
}

/** How a path meets the queues of a machine. */
type Meeting = Omit<HashedPath, 'counts'>;

const meetings = new WeakMap<Topology, Map<string, (Meeting | undefined)[]>>();

/** What some incidents show of a path, with how it meets the queues of a machine, which is the same in every run. */
export function hashedPath(counts: HashedCounts, topology: Topology, index: number, machine: string): HashedPath {
  const known = meetings.get(topology) ?? new Map<string, (Meeting | undefined)[]>();
  meetings.set(topology, known);
  const atMachine = known.get(machine) ?? [];
  known.set(machine, atMachine);
  atMachine[index] ??= meetingOf(topology, index, machine);
  return { counts, ...atMachine[index] };
}

function meetingOf(topology: Topology, index: number, machine: string): Meeting {
  const tunnelled = topology.isTunnelledAt(index, machine);
  const group = topology.addressesAt(index, machine);
  return {
    hasPorts: hasPorts(topology.paths[index]?.protocol ?? 'icmp'),
    tunnelled,
    twice: topology.arrivals(index, machine) > 1,
    group,
    innerGroup: tunnelled ? topology.innerAddresses(index) : group,
  };
}

/**
 * @param unknown log-likelihood where nothing is known of the path
 * @returns null where the path saw none of the incidents
 */
export function hashedCounts(
  incidents: readonly SeenIncident[],
  index: number,
  labels: QueueLabels,
  unknown: number,
): HashedCounts | null {
  const votes = Array.from({ length: labels.count }, () => new Votes(index));
  const votesOf = (incident: number): Votes => votes[labels.of[incident] as number] as Votes;
  const all: number[] = [];
  for (let i = 0; i < incidents.length; i += 1) {
    const { flows } = incidents[i] as SeenIncident;
    if (flows.seen[index] === 0) continue;
    all.push(i);
    votesOf(i).add(flows);
  }
  if (all.length === 0) {
    return null;
  }
  const flows: Counts[] = [];
  const byFlow: (Counts | undefined)[] = [];
  const whole = new Counts(labels.count);
  const ofFlow = (flow: number): Counts => {
    let known = byFlow[flow];
    if (known === undefined) {
      known = new Counts(labels.count);
      byFlow[flow] = known;
      flows.push(known);
    }
    return known;
  };
  let [odd, usual, mixed, freshHeld, freshPassed] = [0, 0, 0, 0, 0];
  for (const i of all) {
    const incident = incidents[i] as SeenIncident;
    const seen = incident.flows;
    const glitch = LOG_GLITCH + incident.number('any', index);
    if (votesOf(i).outvote(seen, glitch)) {
      odd += glitch;
      continue;
    }
    const label = labels.of[i] as number;
    const begin = seen.begins[2 * index] as number;
    const middle = seen.begins[2 * index + 1] as number;
    const end = seen.begins[2 * index + 2] as number;
    for (let at = begin; at < middle; at += 1) ofFlow(seen.flows[at] as number).held(label);
    for (let at = middle; at < end; at += 1) ofFlow(seen.flows[at] as number).passed(label);
    whole.held(label, middle - begin + (seen.freshHeld[index] as number));
    whole.passed(label, end - middle + (seen.freshClean[index] as number));
    usual += 1;
    mixed += seen.mixed[index] as number;
    freshHeld += seen.freshHeld[index] as number;
    freshPassed += seen.freshClean[index] as number;
  }
  return {
    unknown,
    flows: flows.map((counts) => counts.unit()),
    whole: whole.unit(),
    freshHeld,
    freshPassed,
    odd: odd + usual * NO_GLITCH + mixed * LOG_MIXED,
    byMeeting: [],
  };
}

/** How the flows of a path fared over the incidents of one queue. */
class Votes {
  /** By flow. */
  readonly #balance: number[] = [];
  #incidents = 0;

  constructor(private readonly path: number) {}

  add({ flows, begins }: IncidentFlows): void {
    this.#incidents += 1;
    const middle = begins[2 * this.path + 1] as number;
    const end = begins[2 * this.path + 2] as number;
    for (let at = begins[2 * this.path] as number; at < end; at += 1) {
      const flow = flows[at] as number;
      while (this.#balance.length <= flow) this.#balance.push(0);
      this.#balance[flow] = (this.#balance[flow] as number) + (at < middle ? 1 : -1);
    }
  }

  /**
   * Whether the path did in one incident what it does in no other of the same queue.
   *
   * @param glitch how likely it is that it did so by mistake
   */
  outvote({ flows, begins }: IncidentFlows, glitch: number): boolean {
    if (this.#incidents < 3) {
      return false;
    }
    const middle = begins[2 * this.path + 1] as number;
    const end = begins[2 * this.path + 2] as number;
    let against = 0;
    for (let at = begins[2 * this.path] as number; at < end; at += 1) {
      const balance = this.#balance[flows[at] as number] as number;
      if (at < middle ? balance < 0 : balance > 0) against += 1;
    }
    return against > 0 && against * PASSED_OR_MISSED < glitch;
  }
}
