import { type ArrivalColumns, ArrivalFlags, Directions } from '../../model/arrival.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { Stall } from '../../model/finding.js';
import { FRESH_FLOW, type SampleColumns, SampleFlags } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import { median } from '../../stats/median.js';
import { releaseOrder } from '../../stats/release-order.js';
import { ClockAligner, type ClockAlignment, type LegInstants, toProberClock } from './clock-alignment.js';
import type { ArrivalsEvidence, LocalEvidence } from './local-evidence.js';

/** Probes of a path that are remembered: 40 s of a path that is probed every 10 ms. */
const TAIL = 4096;
/** Probes of a path of which only a part is known yet. */
const PENDING = 4096;
/** Up to so far around a stall the other probes tell what is usual. */
const SURROUNDINGS_NS = 5_000 * MS;
/** A wait below this is not told apart from the scatter of a busy machine. */
const LEAST_EXCESS_NS = 2 * MS;
/** Fewer probes are no bunch. */
const LEAST_BUNCH = 3;
/** Released together: within this share of the time over which they had come. */
const BUNCHED = 0.25;

const UNUSABLE = SampleFlags.clockStep | SampleFlags.userSentStamp | SampleFlags.userReceivedStamp;

/** How long a probe took on each part of its way, on the common time line. */
export interface ProbeLegs {
  readonly seq: number;
  readonly flow: number;
  readonly sentNs: number;
  /** At the capture point of the target machine. */
  readonly arrivedNs: number;
  /** Its reply, at the same capture point. */
  readonly leftNs: number;
  readonly receivedNs: number;
}

/** What the receiver's view says about one stall, and how its probes came out. */
export interface ArrivalsView extends ArrivalsEvidence {
  /** From the first to the last release, without the outermost tenth of either side. */
  readonly releaseSpreadNs: number;
  /** They came out together although they had come one after the other. */
  readonly bunched: boolean;
  readonly flowsHeld: readonly number[];
}

interface Pending {
  sentNs?: number;
  receivedNs?: number;
  arrivedNs?: number;
  leftNs?: number;
  flow: number;
}

interface PathProbes {
  readonly pending: Map<number, Pending>;
  /** The latest, in a ring; its instants at the capture point are by the watcher's clock. */
  readonly tail: ProbeLegs[];
  next: number;
}

/**
 * Joins what a prober knows of its probes (sent, answered) with what a watcher on the target machine saw of them (came
 * in, reply went out), and says of a stall on which part of the way its probes waited. Samples come on the common time
 * line, arrivals on the watcher's; the clocks are aligned by the probes themselves. Memory is bounded.
 */
export class ReceiverView {
  readonly #aligner = new ClockAligner();
  readonly #paths = new Map<number, PathProbes>();

  /**
   * @param machine name of the machine that the watcher runs on
   * @param pathNames names of the paths, by their number in samples and arrivals
   * @param belong whether the instants can be of one probe, where numbers come again, as those of echoes do
   */
  constructor(
    private readonly machine: string,
    private readonly pathNames: readonly string[],
    private readonly belong: (legs: LegInstants) => boolean = () => true,
  ) {}

  get alignment(): ClockAlignment | undefined {
    return this.#aligner.alignment;
  }

  takeSamples(samples: SampleColumns): void {
    for (let i = 0; i < samples.length; i += 1) {
      const rttNs = samples.rttNs[i] as number;
      if (rttNs < 0 || ((samples.flags[i] as number) & UNUSABLE) !== 0) continue;
      const sentNs = samples.sentNs[i] as number;
      const flow = samples.flow[i] as number;
      this.#join(samples.path[i] as number, samples.seq[i] as number, flow, { sentNs, receivedNs: sentNs + rttNs });
    }
  }

  takeArrivals(arrivals: ArrivalColumns): void {
    for (let i = 0; i < arrivals.length; i += 1) {
      if (((arrivals.flags[i] as number) & (ArrivalFlags.clockStep | ArrivalFlags.userStamp)) !== 0) continue;
      const timeNs = arrivals.timeNs[i] as number;
      const part = arrivals.direction[i] === Directions.in ? { arrivedNs: timeNs } : { leftNs: timeNs };
      this.#join(arrivals.path[i] as number, arrivals.seq[i] as number, arrivals.flow[i] as number, part);
    }
  }

  /** Local evidence of the watcher as evidence on the common time line; none before the clocks are aligned. */
  localEvidence(event: EngineEvent): LocalEvidence | undefined {
    const alignment = this.alignment;
    if (alignment === undefined) return undefined;
    const at = (ns: number): number => Math.round(toProberClock(alignment, ns));
    const { machine } = this;
    switch (event.kind) {
      case 'cpu-gap': {
        const { cpu, fromNs, toNs, servesInterface } = event.gap;
        return { kind: 'cpu-gap', machine, cpu, fromNs: at(fromNs), toNs: at(toNs), servesInterface };
      }
      case 'thread-delay': {
        const { threadKind, thread, cpu, queue, fromNs, delayNs, uncertaintyNs } = event.delay;
        const name = threadKind === 'napi' ? `napi thread ${thread}` : `ksoftirqd/${cpu}`;
        const which = queue < 0 ? {} : { queue };
        return { kind: 'napi-delay', machine, thread: name, ...which, fromNs: at(fromNs), delayNs, uncertaintyNs };
      }
      case 'softnet': {
        const { cpu, fromNs, toNs, timeSqueeze, dropped } = event.softnet;
        return { kind: 'softnet', machine, cpu, fromNs: at(fromNs), toNs: at(toNs), timeSqueeze, dropped };
      }
      default:
        return undefined;
    }
  }

  /**
   * Where the probes of a stall waited: one view for each part of the way that held some of them. Empty when the
   * watcher saw none of them in both directions.
   */
  explain(stall: Pick<Stall, 'path' | 'startMin' | 'release'>): ArrivalsView[] {
    const around = this.legs(stall.path).filter(
      ({ sentNs }) => sentNs > stall.startMin - SURROUNDINGS_NS && sentNs < stall.release + SURROUNDINGS_NS,
    );
    const usual = PARTS.map((part) => median(around.map((legs) => part.end(legs) - part.begin(legs))));
    const held = around
      .filter(({ sentNs, receivedNs }) => sentNs <= stall.release && receivedNs >= stall.startMin)
      .map((legs) => ({
        legs,
        excess: PARTS.map((part, i) => part.end(legs) - part.begin(legs) - (usual[i] as number)),
      }))
      .filter(({ excess }) => Math.max(...excess) >= LEAST_EXCESS_NS);
    return PARTS.flatMap((part, i) => {
      const here = held.filter(({ excess }) => excess[i] === Math.max(...excess));
      if (here.length === 0) return [];
      const excessNs = Math.max(...here.map(({ excess }) => excess[i] as number));
      return [
        describe(
          this.machine,
          stall.path,
          part,
          here.map(({ legs }) => legs),
          excessNs,
        ),
      ];
    });
  }

  /** The remembered probes of a path in the order of sending, as far as they were seen in both directions. */
  legs(path: string): ProbeLegs[] {
    const alignment = this.alignment;
    const probes = this.#paths.get(this.pathNames.indexOf(path));
    if (alignment === undefined || probes === undefined) return [];
    return probes.tail
      .map((legs) => ({
        ...legs,
        arrivedNs: toProberClock(alignment, legs.arrivedNs),
        leftNs: toProberClock(alignment, legs.leftNs),
      }))
      .sort((a, b) => a.sentNs - b.sentNs);
  }

  #join(path: number, seq: number, flow: number, part: Omit<Pending, 'flow'>): void {
    let probes = this.#paths.get(path);
    if (probes === undefined) {
      probes = { pending: new Map(), tail: [], next: 0 };
      this.#paths.set(path, probes);
    }
    const { pending } = probes;
    const joined: Pending = { flow, ...pending.get(seq), ...part };
    const { sentNs, receivedNs, arrivedNs, leftNs } = joined;
    if (sentNs === undefined || receivedNs === undefined || arrivedNs === undefined || leftNs === undefined) {
      pending.set(seq, joined);
      // The oldest is one that was lost on its way, or seen by one side only.
      if (pending.size > PENDING) pending.delete(pending.keys().next().value as number);
      return;
    }
    if (!this.belong({ sentNs, arrivedNs, leftNs, receivedNs })) {
      pending.set(seq, { flow, ...part });
      return;
    }
    pending.delete(seq);
    const legs = { seq, flow, sentNs, arrivedNs, leftNs, receivedNs };
    this.#aligner.add(legs);
    probes.tail[probes.next % TAIL] = legs;
    probes.next += 1;
  }
}

interface Part {
  readonly where: ArrivalsEvidence['where'];
  readonly begin: (legs: ProbeLegs) => number;
  readonly end: (legs: ProbeLegs) => number;
}

const PARTS: readonly Part[] = [
  { where: 'before-capture', begin: ({ sentNs }) => sentNs, end: ({ arrivedNs }) => arrivedNs },
  { where: 'inside-node', begin: ({ arrivedNs }) => arrivedNs, end: ({ leftNs }) => leftNs },
  { where: 'on-the-way-back', begin: ({ leftNs }) => leftNs, end: ({ receivedNs }) => receivedNs },
];

function describe(
  machine: string,
  path: string,
  part: Part,
  held: readonly ProbeLegs[],
  excessNs: number,
): ArrivalsView {
  const begins = held.map(part.begin).sort((a, b) => a - b);
  const ends = held.map(part.end).sort((a, b) => a - b);
  const releaseSpreadNs = middleSpread(ends);
  const flows = new Set(held.map(({ flow }) => flow));
  flows.delete(FRESH_FLOW);
  return {
    kind: 'arrivals',
    machine,
    path,
    where: part.where,
    fromNs: Math.round(begins[0] as number),
    toNs: Math.round(ends.at(-1) as number),
    excessNs: Math.round(excessNs),
    heldProbes: held.length,
    order: releaseOrder(held.map((legs) => ({ flow: legs.flow, sentNs: part.begin(legs), arrivalNs: part.end(legs) }))),
    releaseSpreadNs: Math.round(releaseSpreadNs),
    bunched: held.length >= LEAST_BUNCH && releaseSpreadNs <= middleSpread(begins) * BUNCHED,
    flowsHeld: [...flows].sort((a, b) => a - b),
  };
}

function middleSpread(sorted: readonly number[]): number {
  const cut = Math.floor(sorted.length / 10);
  return (sorted[sorted.length - 1 - cut] as number) - (sorted[cut] as number);
}
