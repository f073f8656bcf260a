import { hasPorts } from '../../model/protocol.js';
import type { Observation, PathObservation } from '../evidence/observation.js';
import { GLITCH, glitchOf, MISSED, MIXED, STRAY } from '../weigh/path-likelihood.js';
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
  incidents: readonly Observation[],
  index: number,
  labels: QueueLabels,
  unknown: number,
): HashedCounts | null {
  const all: { readonly seen: PathObservation; readonly label: number }[] = [];
  for (const [i, { paths }] of incidents.entries()) {
    const seen = paths[index];
    if (seen) all.push({ seen, label: labels.of[i] as number });
  }
  if (all.length === 0) {
    return null;
  }
  const votes = Array.from({ length: labels.count }, () => new Votes());
  for (const { seen, label } of all) votes[label]?.add(seen);
  const usual: typeof all = [];
  let odd = 0;
  for (const one of all) {
    if (votes[one.label]?.outvote(one.seen)) odd += LOG_GLITCH + glitchOf(one.seen);
    else usual.push(one);
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
  for (const { seen, label } of usual) {
    for (const flow of seen.hit) ofFlow(flow).held(label);
    for (const flow of seen.clean) ofFlow(flow).passed(label);
    whole.held(label, seen.hit.length + seen.freshHeld);
    whole.passed(label, seen.clean.length + seen.freshClean);
  }
  const sum = (of: (seen: PathObservation) => number): number => usual.reduce((total, { seen }) => total + of(seen), 0);
  return {
    unknown,
    flows: flows.map((counts) => counts.unit()),
    whole: whole.unit(),
    freshHeld: sum(({ freshHeld }) => freshHeld),
    freshPassed: sum(({ freshClean }) => freshClean),
    odd: odd + usual.length * NO_GLITCH + sum(({ mixed }) => mixed) * LOG_MIXED,
    byMeeting: [],
  };
}

/** How the flows of a path fared over the incidents of one queue. */
class Votes {
  /** By flow. */
  readonly #balance: (number | undefined)[] = [];
  #incidents = 0;

  add(seen: PathObservation): void {
    this.#incidents += 1;
    for (const flow of seen.hit) this.#balance[flow] = (this.#balance[flow] ?? 0) + 1;
    for (const flow of seen.clean) this.#balance[flow] = (this.#balance[flow] ?? 0) - 1;
  }

  /** Whether the path did in one incident what it does in no other of the same queue. */
  outvote(seen: PathObservation): boolean {
    if (this.#incidents < 3) {
      return false;
    }
    let against = 0;
    for (const flow of seen.hit) if ((this.#balance[flow] ?? 0) < 0) against += 1;
    for (const flow of seen.clean) if ((this.#balance[flow] ?? 0) > 0) against += 1;
    return against > 0 && against * PASSED_OR_MISSED < LOG_GLITCH + glitchOf(seen);
  }
}
