import { FRESH_FLOW, RECEIVED_STAMPS, type ReceivedStamp } from '../model/sample.js';
import type { ProbeDelay } from './probe-delay.js';
import type { SampleTail } from './sample-tail.js';

/** What a finding needs to know of its path. */
export interface SurroundingPath {
  readonly name: string;
  readonly intervalNs: number;
  readonly flows: number;
  readonly censored: boolean;
}

/** When the first probe of a flow was sent that was held, by whom the earliest of them was stamped. */
interface HeldFlow {
  fromNs: number;
  leastStamp: number;
  passed: number;
}

/** The other probes of a path at the time of a finding: which flows passed, and when the path was last seen open. */
export class Surroundings {
  readonly #path: SurroundingPath;
  readonly #tail: SampleTail;
  readonly #runStartNs: number;

  /** @param runStartNs send instant of the first probe of the path */
  constructor(path: SurroundingPath, tail: SampleTail, runStartNs: number) {
    this.#path = path;
    this.#tail = tail;
    this.#runStartNs = runStartNs;
  }

  get path(): string {
    return this.#path.name;
  }

  get intervalNs(): number {
    return this.#path.intervalNs;
  }

  /** Probes whose delay is known at this time: answered ones; in a censored series all that were due. */
  get probesAround(): number {
    const { start, end } = this.#tail;
    if (!this.#path.censored || end === start) return end - start;
    return Math.max(end - start, (this.#tail.sentNs(end - 1) - this.#tail.sentNs(start)) / this.#path.intervalNs);
  }

  /** Fixed flows of some probes, ascending. Probes from ports of their own belong to none. */
  flowsOf(delays: readonly ProbeDelay[]): number[] {
    const flows = new Set(delays.map((delay) => delay.flow));
    flows.delete(FRESH_FLOW);
    return [...flows].sort((a, b) => a - b);
  }

  /**
   * Who stamped the arrival of all of some probes, where other answers of the path around them have another stamp:
   * they may have waited where those were not looked at any more. Undefined where there is nothing to tell.
   */
  ownStamp(delays: readonly ProbeDelay[]): ReceivedStamp | undefined {
    const stamp = this.#onlyStamp(delays);
    if (stamp === null) return undefined;
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      if (this.#tail.stamp(place) !== stamp) return RECEIVED_STAMPS[stamp];
    }
    return undefined;
  }

  /**
   * Fixed flows with a probe that was sent when the hold was certainly on and answered before its end: they did not
   * wait there. A probe stamped earlier than all of those held says nothing of what came behind its stamp.
   * Empty for a censored series, where unprinted probes are not known.
   */
  flowsExposed(held: readonly ProbeDelay[], startMaxNs: number, releaseNs: number): number[] {
    if (this.#path.censored) {
      return [];
    }
    const hit = new Set(held.map((delay) => delay.flow));
    const leastStamp = Math.min(...held.map((delay) => delay.stamp));
    const exposed = new Set<number>();
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      // Most of the tail is older than the finding.
      if (this.#tail.sentNs(place) < startMaxNs || this.#tail.arrivalNs(place) >= releaseNs) continue;
      const flow = this.#tail.flow(place);
      if (flow !== FRESH_FLOW && !hit.has(flow) && this.#tail.stamp(place) >= leastStamp) exposed.add(flow);
    }
    return [...exposed].sort((a, b) => a - b);
  }

  /**
   * Send instant of the last probe that went where the held ones went and passed: the hold began after it.
   *
   * Only probes of a flow that was hit count, as others may hash elsewhere; a probe released by an earlier stall
   * counts too, it shows that the queue was served then. Where there is none, the run's first probe. Where only
   * probes from new ports were held, the last such probe that passed, but no later than one sweep over the fixed
   * flows before the release: for so long the queue of a fixed flow could have stood unseen.
   * In a censored series the slot before the first printed one: held longer still, it would have been printed.
   */
  lastPassedNs(held: readonly ProbeDelay[], firstSentNs: number, releaseNs: number): number {
    if (this.#path.censored) {
      return Math.max(this.#lastBefore(held, firstSentNs, releaseNs) ?? 0, firstSentNs - this.#path.intervalNs);
    }
    const passed = this.#lastBefore(held, firstSentNs, releaseNs) ?? Math.min(this.#runStartNs, firstSentNs);
    if (held.some((delay) => delay.flow !== FRESH_FLOW)) {
      return passed;
    }
    const unseen = releaseNs - this.#path.flows * this.#path.intervalNs;
    return Math.max(Math.min(passed, unseen), Math.min(this.#runStartNs, firstSentNs));
  }

  /**
   * By fixed flow of `held`, its probes that were sent after the first of those, answered before `releaseNs` and not
   * held: where they are many, the flow did not wait for that release, and its delayed probes are a coincidence.
   */
  passedMeanwhile(held: readonly ProbeDelay[], releaseNs: number): ReadonlyMap<number, number> {
    const flows: (HeldFlow | undefined)[] = [];
    let firstNs = Number.POSITIVE_INFINITY;
    for (const { flow, sentNs, stamp } of held) {
      if (flow === FRESH_FLOW) continue;
      firstNs = Math.min(firstNs, sentNs);
      const known = flows[flow];
      if (known === undefined) {
        flows[flow] = { fromNs: sentNs, leastStamp: stamp, passed: 0 };
        continue;
      }
      known.fromNs = Math.min(known.fromNs, sentNs);
      known.leastStamp = Math.min(known.leastStamp, stamp);
    }
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      const sentNs = this.#tail.sentNs(place);
      if (sentNs <= firstNs || this.#tail.arrivalNs(place) >= releaseNs) continue;
      const own = flows[this.#tail.flow(place)];
      if (own !== undefined && sentNs > own.fromNs && this.#tail.stamp(place) >= own.leastStamp) own.passed += 1;
    }
    return new Map(flows.flatMap((own, flow) => (own === undefined ? [] : [[flow, own.passed] as const])));
  }

  /** How the probes fared that were sent within two intervals before and after one. */
  neighbours(delay: ProbeDelay): 'normal' | 'slow' | 'none' {
    const nearNs = 2.5 * this.#path.intervalNs;
    const half = delay.excessNs / 2;
    let seen: 'normal' | 'none' = 'none';
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      const apart = Math.abs(this.#tail.sentNs(place) - delay.sentNs);
      if (place === delay.place || apart > nearNs) continue;
      if (this.#tail.rttNs(place) > delay.rttNs - half) return 'slow';
      seen = 'normal';
    }
    return seen;
  }

  /** Whether nothing is known of the time before a send instant: the run began with it. */
  beganWith(sentNs: number): boolean {
    return !this.#path.censored && sentNs <= this.#runStartNs;
  }

  /** Share of the probes of the hit flows, between the first and the last of `delays`, that are among them. */
  density(delays: readonly ProbeDelay[]): number {
    const hit = new Set(delays.map((delay) => delay.flow));
    const members = new Set(delays.map((delay) => delay.place));
    const first = Math.min(...delays.map((delay) => delay.sentNs));
    const last = Math.max(...delays.map((delay) => delay.sentNs));
    let others = 0;
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      const sentNs = this.#tail.sentNs(place);
      if (sentNs >= first && sentNs <= last && hit.has(this.#tail.flow(place)) && !members.has(place)) {
        others += 1;
      }
    }
    return delays.length / (delays.length + others);
  }

  #onlyStamp(delays: readonly ProbeDelay[]): number | null {
    const [first] = delays;
    return first !== undefined && delays.every(({ stamp }) => stamp === first.stamp) ? first.stamp : null;
  }

  #lastBefore(held: readonly ProbeDelay[], firstSentNs: number, releaseNs: number): number | null {
    const fixed = held.filter((delay) => delay.flow !== FRESH_FLOW);
    const witnesses = fixed.length > 0 ? fixed : held;
    const hit = new Set(witnesses.map((delay) => delay.flow));
    let last = -1;
    for (const { previousNs } of witnesses) {
      if (previousNs < firstSentNs && previousNs > last) {
        last = previousNs;
      }
    }
    for (let place = this.#tail.start; place < this.#tail.end; place += 1) {
      const sentNs = this.#tail.sentNs(place);
      if (
        sentNs < firstSentNs &&
        sentNs > last &&
        hit.has(this.#tail.flow(place)) &&
        this.#tail.arrivalNs(place) < releaseNs
      ) {
        last = sentNs;
      }
    }
    return last < 0 ? null : last;
  }
}
