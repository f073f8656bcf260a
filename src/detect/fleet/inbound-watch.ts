import type { Pause } from '../../model/engine-event.js';
import type { Stall } from '../../model/finding.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import type { InboundPlace } from '../../model/fleet/metrics-table.js';
import { allocateSamples, Outcomes, REPLIES, takeSamples } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { createDetectorBank, type DetectorBank } from '../detector-bank.js';
import { bySender, placeOf, type SenderFlows } from './inbound-place.js';
import { type Arrival, RecentArrivals } from './recent-arrivals.js';

/** A stall of what arrives, and what it means. Instants count from the epoch of the stream of arrivals. */
export interface InboundStall {
  readonly finding: Stall;
  readonly place: InboundPlace;
  /** For place `sender`. */
  readonly sender?: string;
  readonly held: readonly SenderFlows[];
  readonly passed: readonly SenderFlows[];
  readonly backlogNs: number;
}

/** In place of a round-trip time: the detectors judge excess over what is usual. */
const BASE_NS = 1 * MS;
const MOST_FLOWS = 2_048;
/** The first held probe may have left its sender, and met the hold, this much later than it was due. */
const ONSET_NS = 5 * MS;
/** Probes and replies are told apart, each several times a second: so they are put in order. */
const BEHIND_NS = 500 * MS;
/** Arrivals are needed as long as one of them may come late, and a stall of all of them is told. */
const REMEMBERED_NS = 32 * SECOND;
const BACKLOG_NS = 60 * SECOND;
const BATCH = 64;
/** A node that probes gets several replies in so long. */
const AROUND_NS = 5 * SECOND;
/** A probe that was late for less than this part of what replies waited was late for a reason of its own. */
const SAME_HOLD = 0.25;

interface Flow {
  readonly sender: string;
  readonly what: Arrived['what'];
  lastNs: number;
}

/**
 * Watches what arrives at this node as the samples of one more path, `*>NODE/inbound`: a probe was due at its sender, or
 * its reply was to be here, and took the time by which it came later than usual; its flow is its sender with its ports.
 * Pure.
 */
export class InboundWatch {
  readonly #path: string;
  #bank: DetectorBank;
  #flows: Flow[] = [];
  #numbers = new Map<string, number>();
  readonly #recent = new RecentArrivals();
  #waiting: Arrival[] = [];
  #forgotNs = Number.NEGATIVE_INFINITY;
  #backlogs: { readonly timeNs: number; readonly backlogNs: number }[] = [];

  /** @param intervalNs from one arriving packet to the next */
  constructor(
    node: string,
    private readonly intervalNs: number,
  ) {
    this.#path = `*>${node}/inbound`;
    this.#bank = this.#newBank();
  }

  /** Longest wait behind the driver's stamp within the last minute. */
  backlogNs(nowNs: number): number {
    return Math.max(0, ...this.#backlogs.filter(({ timeNs }) => nowNs - timeNs < BACKLOG_NS).map((b) => b.backlogNs));
  }

  take(arrived: Arrived): void {
    const flow = this.#numberOf(arrived);
    if (flow === undefined) return;
    const { timeNs, lateNs, backlogNs } = arrived;
    const entry = { flow, timeNs, lateNs, backlogNs };
    this.#recent.push(entry);
    this.#waiting.push(entry);
    if (backlogNs > 0) {
      this.#backlogs.push({ timeNs, backlogNs });
      if (this.#backlogs.length > BATCH) {
        this.#backlogs = this.#backlogs.filter((one) => timeNs - one.timeNs < BACKLOG_NS).slice(-BATCH);
      }
    }
  }

  /** The prober of this node did not run: on a machine that stood still arrivals bunch, too. */
  pause(pause: Pause): void {
    this.#bank.pause(pause);
  }

  /** Time has passed; what came by then is judged. */
  advance(nowNs: number): InboundStall[] {
    const found = this.#push(nowNs - BEHIND_NS);
    found.push(...this.#bank.advance(nowNs).filter((finding) => finding.kind === 'stall'));
    const stalls = found.map((finding) => this.#explain(finding));
    this.#recent.forget(nowNs - REMEMBERED_NS);
    return stalls;
  }

  #newBank(): DetectorBank {
    const path = { name: this.#path, intervalNs: this.intervalNs, flows: MOST_FLOWS, freshPerSecond: 0 };
    return createDetectorBank([{ ...path, protocol: 'icmp' }], { thresholdNs: 100 * MS, waitNs: 30 * SECOND });
  }

  #push(untilNs: number): Stall[] {
    const batch = this.#waiting.filter(({ timeNs }) => timeNs <= untilNs).sort((a, b) => a.timeNs - b.timeNs);
    if (batch.length === 0) return [];
    this.#waiting = this.#waiting.filter(({ timeNs }) => timeNs > untilNs);
    const samples = takeSamples(allocateSamples(batch.length), batch.length);
    for (const [i, { flow, timeNs, lateNs }] of batch.entries()) {
      samples.flow[i] = flow;
      samples.seq[i] = i;
      samples.sentNs[i] = timeNs - lateNs - BASE_NS;
      samples.dueNs[i] = samples.sentNs[i] as number;
      samples.rttNs[i] = lateNs + BASE_NS;
      samples.outcome[i] = Outcomes.reply;
      samples.reply[i] = REPLIES.indexOf('echo');
    }
    return this.#bank.push(samples).filter((finding) => finding.kind === 'stall');
  }

  /** A number for the flow; numbers of flows that have been silent for a minute are given anew. */
  #numberOf({ what, sender, sourcePort, targetPort, target, timeNs }: Arrived): number | undefined {
    const name = `${what} ${sender} ${target} ${sourcePort} ${targetPort}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      if (this.#flows.length >= MOST_FLOWS) this.#forgetSilent(timeNs);
      if (this.#flows.length >= MOST_FLOWS) return undefined;
      number = this.#flows.length;
      this.#flows.push({ sender, what, lastNs: timeNs });
      this.#numbers.set(name, number);
    }
    (this.#flows[number] as Flow).lastNs = timeNs;
    return number;
  }

  /** Numbers move when flows are left out, so what is judged so far is left, too: never often. */
  #forgetSilent(nowNs: number): void {
    if (nowNs - this.#forgotNs < REMEMBERED_NS) return;
    this.#forgotNs = nowNs;
    const kept = [...this.#numbers].filter(([, number]) => nowNs - (this.#flows[number]?.lastNs ?? 0) < REMEMBERED_NS);
    if (kept.length === this.#flows.length) return;
    this.#flows = kept.map(([, number]) => this.#flows[number] as Flow);
    this.#numbers = new Map(kept.map(([name], index) => [name, index]));
    this.#recent.clear();
    this.#waiting = [];
    this.#bank = this.#newBank();
  }

  #explain(finding: Stall): InboundStall {
    const hit = new Set(finding.flowsHit);
    const aroundNs = Math.max(2 * finding.releaseSpreadNs, 2 * MS);
    const released = [...this.#recent.between(finding.release - aroundNs, finding.release + aroundNs)].filter(
      ({ flow }) => hit.has(flow),
    );
    const longestNs = Math.max(0, ...released.map(({ lateNs }) => lateNs));
    const isSure = released.some((one) => !this.#isReply(one) && one.lateNs >= SAME_HOLD * longestNs);
    const heldOnes = released.filter((one) => isSure || this.#isReply(one));
    const backlogNs = Math.max(0, ...heldOnes.map((one) => one.backlogNs));
    // The stamp of a reply says nothing of what waits behind it.
    const isBehindStamp = backlogNs >= longestNs / 2;
    // Due when the hold was certainly on, and here before its end: what came before the first held one may have come
    // before the hold, however early the hit flows were last seen to pass.
    const beforeNs = finding.release - finding.releaseSpreadNs - MS;
    const passedOnes = [...this.#recent.between(Number.NEGATIVE_INFINITY, beforeNs)].filter(
      (one) =>
        !hit.has(one.flow) &&
        one.timeNs - one.lateNs > finding.startMax + ONSET_NS &&
        one.timeNs < beforeNs &&
        !(isBehindStamp && this.#isReply(one)),
    );
    const held = bySender(heldOnes.map((one) => this.#part(one)));
    const passed = bySender(passedOnes.map((one) => this.#part(one)));
    // From when a probe would have been here, not from when the detectors take it for sent.
    const start = { startMin: finding.startMin + BASE_NS, startMax: finding.startMax + BASE_NS };
    const repliesShow = !isBehindStamp && this.#repliesWereWatched(finding.release);
    return { finding: { ...finding, ...start }, ...placeOf(held, passed, repliesShow), held, passed, backlogNs };
  }

  /** Whether replies came at all around an instant. */
  #repliesWereWatched(atNs: number): boolean {
    for (const one of this.#recent.between(atNs - AROUND_NS, atNs + AROUND_NS)) if (this.#isReply(one)) return true;
    return false;
  }

  #isReply({ flow }: Arrival): boolean {
    return this.#flows[flow]?.what === 'reply';
  }

  #part({ flow }: Arrival) {
    const { sender = '?', what = 'probe' } = this.#flows[flow] ?? {};
    return { from: sender, what, flow } as const;
  }
}
