import { hasPorts } from '../../model/protocol.js';
import type { PathColumns } from '../evidence/path-columns.js';
import type { QueueLabels } from '../evidence/queue-labels.js';
import { GLITCH, MISSED, MIXED, STRAY } from '../weigh/path-likelihood.js';
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

/** So few, and so often, that memory of a typed array takes longer than to count. */
const noughts = (count: number): number[] => new Array<number>(count).fill(0);

/** @param held @param passed by queue label from `from` on, how often it waited and how often it passed */
function unitFrom(held: readonly number[], passed: readonly number[], from: number, labels: number): Unit {
  let nowhere = 0;
  const gain: number[] = [];
  for (let at = from; at < from + labels; at += 1) {
    const [waited, went] = [held[at] as number, passed[at] as number];
    const elsewhere = waited * HELD_ASTRAY + went * PASSED_AS_IT_SHOULD;
    nowhere += elsewhere;
    gain.push(waited * HELD_AS_IT_SHOULD + went * PASSED_OR_MISSED - elsewhere);
  }
  return { nowhere, gain };
}

/** A unit of one incident on one queue. */
export function unitOf(held: number, passed: number): Unit {
  return unitFrom([held], [passed], 0, 1);
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
 * @param path what all incidents show of it
 * @param incidents those that are asked about
 * @param unknown log-likelihood where nothing is known of the path
 * @returns null where the path saw none of the incidents
 */
export function hashedCounts(
  path: PathColumns,
  incidents: readonly number[],
  labels: QueueLabels,
  unknown: number,
): HashedCounts | null {
  const { flows, begins, flowCount } = path;
  const votes = new Votes(path, labels.count);
  let all = 0;
  for (let i = 0; i < incidents.length; i += 1) {
    const incident = incidents[i] as number;
    if (path.seen[incident] === 0) continue;
    all += 1;
    votes.add(incident, labels.of[i] as number);
  }
  if (all === 0) {
    return null;
  }
  // By flow, then by label.
  const held = noughts(flowCount * labels.count);
  const passed = noughts(flowCount * labels.count);
  const wholeHeld = noughts(labels.count);
  const wholePassed = noughts(labels.count);
  // In the order in which they were seen first, which is that of all sums.
  const order: number[] = [];
  const known = noughts(flowCount);
  let [odd, usual, mixed, freshHeld, freshPassed] = [0, 0, 0, 0, 0];
  for (let i = 0; i < incidents.length; i += 1) {
    const incident = incidents[i] as number;
    if (path.seen[incident] === 0) continue;
    const label = labels.of[i] as number;
    const glitch = LOG_GLITCH + (path.any[incident] as number);
    if (votes.outvote(incident, label, glitch)) {
      odd += glitch;
      continue;
    }
    const begin = begins[2 * incident] as number;
    const middle = begins[2 * incident + 1] as number;
    const end = begins[2 * incident + 2] as number;
    for (let at = begin; at < end; at += 1) {
      const flow = flows[at] as number;
      if (known[flow] === 0) {
        known[flow] = 1;
        order.push(flow);
      }
      const counts = at < middle ? held : passed;
      const place = flow * labels.count + label;
      counts[place] = (counts[place] as number) + 1;
    }
    const newHeld = path.freshHeld[incident] as number;
    const newPassed = path.freshClean[incident] as number;
    wholeHeld[label] = (wholeHeld[label] as number) + (middle - begin + newHeld);
    wholePassed[label] = (wholePassed[label] as number) + (end - middle + newPassed);
    usual += 1;
    mixed += path.mixed[incident] as number;
    freshHeld += newHeld;
    freshPassed += newPassed;
  }
  return {
    unknown,
    flows: order.map((flow) => unitFrom(held, passed, flow * labels.count, labels.count)),
    whole: unitFrom(wholeHeld, wholePassed, 0, labels.count),
    freshHeld,
    freshPassed,
    odd: odd + usual * NO_GLITCH + mixed * LOG_MIXED,
    byMeeting: [],
  };
}

/** How the flows of a path fared over the incidents of each queue. */
class Votes {
  /** By label, then by flow. */
  readonly #balance: number[];
  /** By label. */
  readonly #incidents: number[];

  constructor(
    private readonly path: PathColumns,
    labels: number,
  ) {
    this.#balance = noughts(labels * path.flowCount);
    this.#incidents = noughts(labels);
  }

  add(incident: number, label: number): void {
    const { flows, begins, flowCount } = this.path;
    const balance = this.#balance;
    const row = label * flowCount;
    this.#incidents[label] = (this.#incidents[label] as number) + 1;
    const middle = begins[2 * incident + 1] as number;
    const end = begins[2 * incident + 2] as number;
    for (let at = begins[2 * incident] as number; at < end; at += 1) {
      const place = row + (flows[at] as number);
      balance[place] = (balance[place] as number) + (at < middle ? 1 : -1);
    }
  }

  /**
   * Whether the path did in one incident what it does in no other of the same queue.
   *
   * @param glitch how likely it is that it did so by mistake
   */
  outvote(incident: number, label: number, glitch: number): boolean {
    if ((this.#incidents[label] as number) < 3) {
      return false;
    }
    const { flows, begins, flowCount } = this.path;
    const balance = this.#balance;
    const row = label * flowCount;
    const middle = begins[2 * incident + 1] as number;
    const end = begins[2 * incident + 2] as number;
    let against = 0;
    for (let at = begins[2 * incident] as number; at < end; at += 1) {
      const fared = balance[row + (flows[at] as number)] as number;
      if (at < middle ? fared < 0 : fared > 0) against += 1;
    }
    return against > 0 && against * PASSED_OR_MISSED < glitch;
  }
}
