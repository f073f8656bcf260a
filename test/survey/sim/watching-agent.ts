import { type EdgeCounts, EdgeWatch, MostEdges, type SeenOnEdge } from '../../../src/detect/fleet/edge-watch.js';
import { Escalations } from '../../../src/detect/fleet/escalation.js';
import { heldLengthNs } from '../../../src/detect/fleet/held-length.js';
import { pathsTo, planEdges, sweepIntervalNs } from '../../../src/fleet/edges.js';
import type { Neighbours } from '../../../src/fleet/ring/neighbours.js';
import type { EdgePath } from '../../../src/model/fleet/edge.js';
import { EDGE_KINDS, type Member } from '../../../src/model/fleet/member.js';
import { allocateSamples, Outcomes, REPLIES, type SampleColumns, takeSamples } from '../../../src/model/sample.js';
import { MINUTE, MS, SECOND } from '../../../src/model/time.js';
import { EDGE_INTERVAL_NS } from './fleet-model.js';
import { type DueProbe, ProbeTrain } from './probe-train.js';

/** As the defaults of an agent's configuration are. */
const FLOWS = 8;
const SWEEP = { intervalNs: 10 * MS, lengthNs: 3 * MINUTE, cooldownNs: 15 * MINUTE } as const;
const MOST_PER_TARGET = 1_000;
const SAME_RELEASE_NS = 5 * MS;

/** What the way of a probe comes to, there and back; null where nothing answers it. */
export type Way = (probe: DueProbe, path: EdgePath, announced: boolean) => { readonly rttNs: number } | null;

/** A stall as an agent tells it, and whether of a closer look. */
export interface AgentStall {
  readonly seen: SeenOnEdge;
  readonly heldNs: number;
  readonly escalated: boolean;
}

interface Look {
  readonly paths: readonly EdgePath[];
  readonly train: ProbeTrain;
  readonly watch: EdgeWatch;
  readonly escalated: boolean;
  readonly endNs: number;
  /** Sent, and not answered yet. */
  waiting: { readonly probe: DueProbe; readonly rttNs: number; readonly knownNs: number }[];
}

/**
 * The watching part of one agent on a clock of our own: its plans, detectors and escalation are the real ones; packets
 * are what {@link Way} says.
 */
export class WatchingAgent {
  readonly stalls: AgentStall[] = [];
  /** Single slow probes. */
  readonly spikes: { readonly to: string; readonly releaseNs: number }[] = [];
  readonly #looks: Look[] = [];
  readonly #escalations = new Escalations(SWEEP);
  readonly #mostEdges = new MostEdges();
  #mostEdgesNs = Number.NEGATIVE_INFINITY;
  readonly #releases = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly members: ReadonlyMap<string, Member>,
    private readonly rings: Neighbours,
    private readonly way: Way,
    /** Of its neighbours those that matter here; its rings and turns are those of all. */
    probes: (to: string) => boolean,
    startNs: number,
    /** Hears of the answers to its usual probes. */
    private readonly onAnswers: (samples: SampleColumns, paths: readonly EdgePath[]) => void = () => {},
  ) {
    const paths = rings
      .probedBy(name)
      .filter(probes)
      .flatMap((to) => pathsTo(members.get(to) as Member, options(EDGE_INTERVAL_NS, FLOWS)));
    this.#begin(paths, startNs, false, Number.POSITIVE_INFINITY);
  }

  /** Time goes on to this instant. */
  advance(nowNs: number): void {
    for (const look of [...this.#looks]) {
      for (const probe of look.train.until(nowNs)) {
        const answer = this.way(probe, look.paths[probe.path] as EdgePath, !look.escalated);
        const rttNs = answer?.rttNs ?? -1;
        look.waiting.push({ probe, rttNs, knownNs: probe.dueNs + (answer?.rttNs ?? SECOND) });
      }
      const known = look.waiting.filter(({ knownNs }) => knownNs <= nowNs);
      look.waiting = look.waiting.filter(({ knownNs }) => knownNs > nowNs);
      known.sort((a, b) => a.knownNs - b.knownNs);
      const samples = takeSamples(allocateSamples(known.length), known.length);
      for (const [i, { probe, rttNs }] of known.entries()) {
        samples.path[i] = probe.path;
        samples.flow[i] = probe.flow;
        samples.seq[i] = probe.slot;
        samples.dueNs[i] = probe.dueNs;
        samples.sentNs[i] = probe.dueNs;
        samples.rttNs[i] = rttNs;
        samples.outcome[i] = rttNs < 0 ? Outcomes.lost : Outcomes.reply;
        samples.reply[i] = REPLIES.indexOf(rttNs < 0 ? 'none' : 'syn-ack');
      }
      if (!look.escalated) this.onAnswers(samples, look.paths);
      this.#seen([...look.watch.push(samples), ...look.watch.advance(nowNs)], look, nowNs);
      if (nowNs > look.endNs + SECOND) {
        this.#seen(look.watch.finish(nowNs), look, nowNs);
        this.#looks.splice(this.#looks.indexOf(look), 1);
      }
    }
  }

  #seen(all: readonly SeenOnEdge[], { escalated }: Look, nowNs: number): void {
    for (const seen of all) {
      const { finding, to } = seen;
      if (finding.kind === 'rtt-spike') this.spikes.push({ to, releaseNs: finding.release });
      if (finding.kind !== 'stall') continue;
      this.stalls.push({ seen, heldNs: heldLengthNs(finding, EDGE_INTERVAL_NS), escalated });
      const edges = this.rings.probedBy(this.name).length;
      if (this.#mostEdges.take(to, finding.release, edges)) this.#mostEdgesNs = nowNs;
      if (escalated) continue;
      const isLeader = this.rings.leadersOf(to).includes(this.name);
      const mostEdgesStall = nowNs - this.#mostEdgesNs < MINUTE;
      if (!this.#escalations.stall(to, nowNs, { isLeader, throttled: false, mostEdgesStall })) continue;
      const probers = this.rings.probersOf(this.name).length;
      const intervalNs = sweepIntervalNs(SWEEP.intervalNs, PATHS, MOST_PER_TARGET, probers);
      const paths = pathsTo(this.members.get(to) as Member, options(Math.ceil(intervalNs), 2 * FLOWS));
      this.#begin(paths, nowNs, true, nowNs + SWEEP.lengthNs);
    }
  }

  /** Of a path, whether this is a stall that was not counted before, by another look at the same neighbour. */
  isNew(path: string, releaseNs: number): boolean {
    const before = this.#releases.get(path);
    if (before !== undefined && Math.abs(before - releaseNs) < SAME_RELEASE_NS) return false;
    this.#releases.set(path, Math.max(before ?? releaseNs, releaseNs));
    return true;
  }

  #begin(paths: readonly EdgePath[], nowNs: number, escalated: boolean, endNs: number): void {
    const plan = planEdges(paths, {
      from: this.name,
      sourcePorts: [18_432, 22_527],
      maxPerTarget: MOST_PER_TARGET,
      turnOf: (to) => {
        const probers = this.rings.probersOf(to);
        return { rank: probers.indexOf(this.name), of: probers.length };
      },
      keyOf: () => undefined,
      nowMonoNs: nowNs,
      nowRealNs: nowNs,
    });
    const counts = new Map<EdgePath, EdgeCounts>();
    const watch = new EdgeWatch(this.name, paths, plan.waitNs, {
      countsOf: (path) => {
        const known = counts.get(path) ?? { probes: 0, lost: 0 };
        counts.set(path, known);
        return known;
      },
      onRtt: () => {},
    });
    this.#looks.push({ paths, train: new ProbeTrain(plan, endNs), watch, escalated, endNs, waiting: [] });
  }
}

/** Of a member that is reached in every way. */
const PATHS = 5;

function options(intervalNs: number, flows: number) {
  return { kinds: EDGE_KINDS, intervalNs, flows };
}
