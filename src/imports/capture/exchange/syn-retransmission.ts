import type { SynRetransmission } from '../../../model/finding.js';
import { FRESH_FLOW } from '../../../model/sample.js';
import { SECOND } from '../../../model/time.js';

/** A connection whose SYN was sent again, and which of them was answered. */
export interface SynSentAgain {
  readonly path: number;
  readonly port: number;
  /** Send instants, the first one first; the last is the one that was answered. */
  readonly sentNs: readonly number[];
  readonly answeredNs: number;
  /** An answer had passed the capture point before: it was lost behind it, on its way to who asked. */
  readonly answerLost: boolean;
}

/** First SYNs within this of each other are told together. */
const TOGETHER_NS = 1 * SECOND;
const LARGEST_GROUP = 512;

/** What the finding says beside the connections. */
export interface SentAgainPath {
  readonly name: string;
  /** Usual RTT, of probes that were sent once; 0 where there are none. */
  readonly usualNs: number;
  readonly flowOf: (port: number) => number | undefined;
}

/** Gathers connections whose SYNs were sent again to findings: those of one path that follow each other are one. */
export class SentAgainGroups {
  readonly #open = new Map<number, SynSentAgain[]>();

  /** @param pathOf what is known of a path by the end of a group; undefined while it is not known by name */
  constructor(private readonly pathOf: (path: number) => SentAgainPath | undefined) {}

  /** @returns the finding that this one completes */
  add(about: SynSentAgain): SynRetransmission[] {
    const group = this.#open.get(about.path) ?? [];
    const previous = group.at(-1)?.answeredNs ?? about.answeredNs;
    const isOver = group.length >= LARGEST_GROUP || (about.sentNs[0] ?? 0) > previous + TOGETHER_NS;
    if (!isOver || this.pathOf(about.path) === undefined) {
      this.#open.set(about.path, [...group, about]);
      return [];
    }
    this.#open.set(about.path, [about]);
    return this.#finding(about.path, group);
  }

  /** What is left, of all paths. */
  finish(): SynRetransmission[] {
    const all = [...this.#open].flatMap(([path, group]) => this.#finding(path, group));
    this.#open.clear();
    return all;
  }

  #finding(path: number, group: readonly SynSentAgain[]): SynRetransmission[] {
    const about = this.pathOf(path);
    if (about === undefined || group.length === 0) return [];
    const firstNs = (one: SynSentAgain): number => one.sentNs[0] ?? one.answeredNs;
    const lastNs = (one: SynSentAgain): number => one.sentNs.at(-1) ?? one.answeredNs;
    const start = Math.min(...group.map(firstNs));
    const release = Math.max(...group.map(({ answeredNs }) => answeredNs));
    const peakRttNs = Math.max(...group.map((one) => one.answeredNs - firstNs(one)));
    const flows = new Set(group.flatMap(({ port }) => about.flowOf(port) ?? []));
    flows.delete(FRESH_FLOW);
    return [
      {
        type: 'finding',
        kind: 'syn-retransmission',
        path: about.name,
        startMin: Math.round(start),
        startMax: Math.round(start),
        release: Math.round(release),
        durationNs: Math.round(release - start),
        probes: group.length,
        probesAboveThreshold: group.length,
        peakRttNs: Math.round(peakRttNs),
        excessNs: Math.round(Math.max(0, peakRttNs - about.usualNs)),
        flowsHit: [...flows].sort((a, b) => a - b),
        flowsExposed: [],
        selfInflicted: false,
        answeredSyn: Math.max(...group.map(({ sentNs, answerLost }) => sentNs.length + (answerLost ? 1 : 0))),
        answerRttNs: Math.round(Math.max(...group.map((one) => one.answeredNs - lastNs(one)))),
        answersLost: group.filter(({ answerLost }) => answerLost).length,
      },
    ];
  }
}
