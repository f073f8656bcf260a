import type { LossEpisode, Stall, SynRetransmission } from '../model/finding.js';
import type { RequestDetail } from '../model/request.js';
import { FRESH_FLOW } from '../model/sample.js';
import { MS, SECOND } from '../model/time.js';

/**
 * When a target whose SYN-ACK nobody acknowledged sends it again: after a second, then after twice as long each time
 * (RFC 6298; `net.ipv4.tcp_synack_retries`). The answer of a prober's kernel, a RST, ends that; where the SYN-ACK was
 * lost there is none.
 */
const SYN_ACK_AGAIN_NS: readonly number[] = [1, 3, 7, 15].map((seconds) => seconds * SECOND);
/** No kernel repeats anything sooner: quicker answers need not be looked at. */
export const LEAST_AGAIN_NS = 990 * MS;

/** The kernel's timers of a second and more may be late by up to an eighth of their length. */
const TIMER_SHARE = 1 / 8;
const LEAST_SLACK_NS = 60 * MS;
/** Answers so near to the release of a stall were released by it. */
const RELEASED_TOGETHER_NS = 10 * MS;
/** Longer ago, no stall is still being judged that could have held them. */
const SETTLE_NS = 1_000 * MS;
/** When kernels send a SYN again: after 1, 3, 7 and 15 s, newer ones each second at first (tcp_syn_linear_timeouts). */
const CONNECTS_AGAIN_NS = [1, 2, 3, 4, 5, 7, 15].map((seconds) => seconds * SECOND);
/** When resolvers ask for a name again that nobody answered: musl after 2.5 s, glibc and most after 5 s; twice at most. */
const NAMES_AGAIN_NS = [2.5, 5, 10].map((seconds) => seconds * SECOND);
const REMEMBERED = 64;
/** A loss that does not end is told in pieces. */
const LARGEST_GROUP = 512;

interface Repeated {
  readonly sentNs: number;
  readonly rttNs: number;
  readonly flow: number;
}

/**
 * Answers that were sent again, or came to SYNs that were. One that comes a second (3, 7) late and a usual RTT more tells
 * that the first SYN or its answer was lost, not that anything waited: the target's kernel repeats a SYN-ACK, and the
 * prober's a SYN where its TCP does the probing. So do requests whose
 * connection took so long, and names that a resolver answered when it was asked again, be it by this machine's own
 * resolver, of which the time alone tells.
 */
export class Retransmissions {
  #instantsNs: readonly number[] = [];
  #waiting: Repeated[] = [];
  readonly #stalls: Stall[] = [];

  constructor(
    private readonly path: string,
    private readonly gapNs: number,
    /** Half the way to the next probe: a loss of sparse probes lies somewhere around them. */
    private readonly aroundNs = 0,
  ) {}

  /** Instants after a send at which the kernel sends again. */
  expect(instantsNs: readonly number[]): void {
    this.#instantsNs = instantsNs;
  }

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * @param isSynAck whether the answer is one that its sender repeats
   * @returns whether it is to a repetition, or one, which is then taken in
   */
  take(sentNs: number, rttNs: number, flow: number, usualNs: number, isSynAck = false): boolean {
    const tookNs = rttNs - usualNs;
    const repeated = isRepeated(this.#instantsNs, tookNs) || (isSynAck && isRepeated(SYN_ACK_AGAIN_NS, tookNs));
    if (repeated) this.#waiting.push({ sentNs, rttNs, flow });
    return repeated;
  }

  /** The same of a request, whose phases tell. */
  takeRequest(sentNs: number, rttNs: number, flow: number, { phases, unanswered = 0 }: RequestDetail): boolean {
    const repeated =
      unanswered > 0 ||
      isRepeated(CONNECTS_AGAIN_NS, phases.connect ?? 0) ||
      isRepeated(NAMES_AGAIN_NS, phases.dns ?? 0);
    if (repeated) this.#waiting.push({ sentNs, rttNs, flow });
    return repeated;
  }

  /** A stall longer than the first instant has probes that wait as long as a repetition does. */
  add(stall: Stall): void {
    this.#stalls.push(stall);
    if (this.#stalls.length > REMEMBERED) this.#stalls.shift();
  }

  /**
   * Those of which all is known by now, as many in one finding as follow each other.
   * @param final the run has ended: nothing is waited for
   */
  settle(nowNs: number, usualNs: number, final: boolean): (SynRetransmission | LossEpisode)[] {
    const groups: Repeated[][] = [];
    for (const one of this.#waiting.sort((a, b) => a.sentNs - b.sentNs)) {
      const group = groups.at(-1);
      if (group && one.sentNs - (group.at(-1)?.sentNs ?? 0) <= this.gapNs) group.push(one);
      else groups.push([one]);
    }
    const isOver = (group: readonly Repeated[]): boolean =>
      final || group.length > LARGEST_GROUP || nowNs > Math.max(...group.map(arrivalNs)) + this.gapNs + SETTLE_NS;
    this.#waiting = groups.filter((group) => !isOver(group)).flat();
    return groups
      .filter(isOver)
      .map((group) => group.filter((one) => !this.#wasHeld(one)))
      .filter((group) => group.length > 0)
      .map((group) => this.#finding(group, usualNs));
  }

  #wasHeld(one: Repeated): boolean {
    return this.#stalls.some((stall) => Math.abs(arrivalNs(one) - stall.release) <= RELEASED_TOGETHER_NS);
  }

  #finding(group: readonly Repeated[], usualNs: number): SynRetransmission | LossEpisode {
    const start = Math.max(0, (group[0]?.sentNs ?? 0) - this.aroundNs);
    const release = (group.at(-1)?.sentNs ?? start) + this.aroundNs;
    const peakRttNs = Math.max(...group.map(({ rttNs }) => rttNs));
    const flows = new Set(group.map(({ flow }) => flow));
    flows.delete(FRESH_FLOW);
    return {
      type: 'finding',
      ...(this.aroundNs > 0
        ? { kind: 'loss-episode' as const, repeated: true }
        : { kind: 'syn-retransmission' as const }),
      path: this.path,
      startMin: start,
      startMax: start,
      release,
      durationNs: release - start,
      probes: group.length,
      probesAboveThreshold: group.length,
      peakRttNs,
      excessNs: Math.max(0, peakRttNs - usualNs),
      flowsHit: [...flows].sort((a, b) => a - b),
      flowsExposed: [],
      selfInflicted: false,
    };
  }
}

function isRepeated(instantsNs: readonly number[], tookNs: number): boolean {
  return instantsNs.some((atNs) => {
    const excessNs = tookNs - atNs;
    return excessNs >= -MS && excessNs <= Math.max(LEAST_SLACK_NS, atNs * TIMER_SHARE);
  });
}

function arrivalNs({ sentNs, rttNs }: Repeated): number {
  return sentNs + rttNs;
}
