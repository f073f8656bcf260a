import type { Pause } from '../../model/engine-event.js';
import type { Stall } from '../../model/finding.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import { type InboundPlace, MOST_SENDERS } from '../../model/fleet/metrics-table.js';
import { allocateSamples, Outcomes, REPLIES, takeSamples } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { createDetectorBank, type DetectorBank } from '../detector-bank.js';

/** Flows of one sender that take part in a stall. */
export interface SenderFlows {
  readonly from: string;
  readonly flows: number;
  readonly probes: number;
}

/** A stall of arriving probes, and what it means. Instants count from the epoch of the stream of arrivals. */
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
/** Flows of one sender that together stand for all of it: probes of one flow share a queue. */
const LEAST_OF_SENDER = 3;
/** Held flows that stand for all where none passed meanwhile: of two queues one has all five in 1 of 32 cases. */
const LEAST_OF_ALL = 5;
/** The first held probe may have left its sender, and met the hold, this much later than it was due. */
const ONSET_NS = 5 * MS;
/** Arrivals are needed as long as one of them may come late, and a stall of all of them is told. */
const REMEMBERED_NS = 32 * SECOND;
const BACKLOG_NS = 60 * SECOND;
const BATCH = 64;

interface Flow {
  readonly sender: string;
  lastNs: number;
}

/**
 * Watches what arrives at this node as the samples of one more path, `*>NODE/inbound`: a probe was due at its sender,
 * took the time by which it came later than usual, and its flow is its sender with its ports. Pure.
 */
export class InboundWatch {
  readonly #path: string;
  #bank: DetectorBank;
  #flows: Flow[] = [];
  #numbers = new Map<string, number>();
  #recent: { readonly arrived: Arrived; readonly flow: number }[] = [];
  #waiting: { readonly arrived: Arrived; readonly flow: number }[] = [];
  #backlogs: { readonly timeNs: number; readonly backlogNs: number }[] = [];

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
    const entry = { arrived, flow };
    this.#recent.push(entry);
    this.#waiting.push(entry);
    if (arrived.backlogNs > 0) {
      this.#backlogs.push({ timeNs: arrived.timeNs, backlogNs: arrived.backlogNs });
      if (this.#backlogs.length > BATCH) {
        this.#backlogs = this.#backlogs.filter(({ timeNs }) => arrived.timeNs - timeNs < BACKLOG_NS).slice(-BATCH);
      }
    }
  }

  /** The prober of this node did not run: on a machine that stood still arrivals bunch, too. */
  pause(pause: Pause): void {
    this.#bank.pause(pause);
  }

  /** Time has passed; what came by then is judged. */
  advance(nowNs: number): InboundStall[] {
    const found = this.#push();
    found.push(...this.#bank.advance(nowNs).filter((finding) => finding.kind === 'stall'));
    const stalls = found.map((finding) => this.#explain(finding));
    this.#recent = this.#recent.filter(({ arrived }) => arrived.timeNs > nowNs - REMEMBERED_NS);
    return stalls;
  }

  #newBank(): DetectorBank {
    const path = { name: this.#path, intervalNs: this.intervalNs, flows: MOST_FLOWS, freshPerSecond: 0 };
    return createDetectorBank([{ ...path, protocol: 'icmp' }], { thresholdNs: 100 * MS, waitNs: 30 * SECOND });
  }

  #push(): Stall[] {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return [];
    const samples = takeSamples(allocateSamples(batch.length), batch.length);
    for (const [i, { arrived, flow }] of batch.entries()) {
      samples.flow[i] = flow;
      samples.seq[i] = i;
      samples.sentNs[i] = arrived.timeNs - arrived.lateNs - BASE_NS;
      samples.dueNs[i] = samples.sentNs[i] as number;
      samples.rttNs[i] = arrived.lateNs + BASE_NS;
      samples.outcome[i] = Outcomes.reply;
      samples.reply[i] = REPLIES.indexOf('echo');
    }
    return this.#bank.push(samples).filter((finding) => finding.kind === 'stall');
  }

  /** A number for the flow; numbers of flows that have been silent for a minute are given anew. */
  #numberOf({ sender, sourcePort, targetPort, target, timeNs }: Arrived): number | undefined {
    const name = `${sender} ${target} ${sourcePort} ${targetPort}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      if (this.#flows.length >= MOST_FLOWS) this.#forgetSilent(timeNs);
      if (this.#flows.length >= MOST_FLOWS) return undefined;
      number = this.#flows.length;
      this.#flows.push({ sender, lastNs: timeNs });
      this.#numbers.set(name, number);
    }
    (this.#flows[number] as Flow).lastNs = timeNs;
    return number;
  }

  /** Numbers move when flows are left out, so what is judged so far is left, too. */
  #forgetSilent(nowNs: number): void {
    const kept = [...this.#numbers].filter(([, number]) => nowNs - (this.#flows[number]?.lastNs ?? 0) < REMEMBERED_NS);
    if (kept.length === this.#flows.length) return;
    this.#flows = kept.map(([, number]) => this.#flows[number] as Flow);
    this.#numbers = new Map(kept.map(([name], index) => [name, index]));
    this.#recent = [];
    this.#waiting = [];
    this.#bank = this.#newBank();
  }

  #explain(finding: Stall): InboundStall {
    const hit = new Set(finding.flowsHit);
    const heldOnes = this.#recent.filter(
      ({ arrived, flow }) =>
        hit.has(flow) && Math.abs(arrived.timeNs - finding.release) <= Math.max(2 * finding.releaseSpreadNs, 2 * MS),
    );
    // Due when the hold was certainly on, and here before its end: what came before the first held one may have come
    // before the hold, however early the hit flows were last seen to pass.
    const passedOnes = this.#recent.filter(
      ({ arrived, flow }) =>
        !hit.has(flow) &&
        arrived.timeNs - arrived.lateNs > finding.startMax + ONSET_NS &&
        arrived.timeNs < finding.release - finding.releaseSpreadNs - MS,
    );
    const held = bySender(heldOnes, this.#flows);
    const passed = bySender(passedOnes, this.#flows);
    const backlogs = heldOnes.map(({ arrived }) => arrived.backlogNs);
    // From when a probe would have been here, not from when the detectors take it for sent.
    const start = { startMin: finding.startMin + BASE_NS, startMax: finding.startMax + BASE_NS };
    return {
      finding: { ...finding, ...start },
      ...placeOf(held, passed),
      held,
      passed,
      backlogNs: Math.max(0, ...backlogs),
    };
  }
}

function bySender(entries: readonly { readonly flow: number }[], flows: readonly Flow[]): SenderFlows[] {
  const senders = new Map<string, { flows: Set<number>; probes: number }>();
  for (const { flow } of entries) {
    const from = flows[flow]?.sender ?? '?';
    const entry = senders.get(from) ?? { flows: new Set(), probes: 0 };
    entry.flows.add(flow);
    entry.probes += 1;
    senders.set(from, entry);
  }
  return [...senders]
    .map(([from, entry]) => ({ from, flows: entry.flows.size, probes: entry.probes }))
    .sort((one, other) => other.probes - one.probes)
    .slice(0, 4 * MOST_SENDERS);
}

/**
 * What held probes of which senders mean, beside those that passed meanwhile. The receive side is meant only if flows of
 * two senders and more were held while other flows of the same senders passed: no single sender can bring that about.
 */
export function placeOf(
  held: readonly SenderFlows[],
  passed: readonly SenderFlows[],
): { readonly place: InboundPlace; readonly sender?: string } {
  const alsoPassed = held.filter(({ from }) => passed.some((other) => other.from === from));
  if (held.length >= 2 && alsoPassed.length >= 2) return { place: 'receive' };
  const flowsOf = (all: readonly SenderFlows[]): number => all.reduce((sum, { flows }) => sum + flows, 0);
  if (held.length >= 2 && passed.length === 0 && flowsOf(held) >= LEAST_OF_ALL) return { place: 'all' };
  const [only] = held;
  if (
    only !== undefined &&
    held.length === 1 &&
    alsoPassed.length === 0 &&
    only.flows >= LEAST_OF_SENDER &&
    passed.length >= 2 &&
    flowsOf(passed) >= LEAST_OF_SENDER
  ) {
    return { place: 'sender', sender: only.from };
  }
  return { place: 'unclear' };
}
