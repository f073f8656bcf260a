import type { LossEpisode } from '../model/finding.js';
import { FRESH_FLOW, FRESH_SEQ_BIT } from '../model/sample.js';
import { MS, SECOND } from '../model/time.js';

/** A late reply can supersede a loss for this long: replies are matched for 30 s. */
const MATCHED_NS = 31 * SECOND;
/** After the path answers again, replies that were held back arrive at once or not at all. */
const SETTLE_NS = 250 * MS;
/**
 * RFC 6534 calls any maximal set of consecutively lost probes an episode, a single one included. Single losses are
 * left to the loss ratio of the summary: one probe has no duration, and 1 % of random loss would be a finding a
 * second.
 */
const LEAST_LOSSES = 2;

interface Loss {
  readonly seq: number;
  readonly sentNs: number;
  readonly flow: number;
}

/** Losses next to each other, those older than 30 s only counted: nothing takes them back any more. */
interface Run {
  firstNs: number;
  lastNs: number;
  lastSeq: number;
  counted: number;
  readonly countedFlows: Set<number>;
  losses: Loss[];
  answeredAtNs: number | null;
  judged: boolean;
}

/**
 * The losses of one path. A run of consecutive losses (by seq, so that a slot never sent ends it) becomes an episode
 * when each of its flows has been answered again, as until then its probes may be held by a stall longer than the
 * wait time and be answered late; or 31 s after its end; or at the end of the run.
 * Losses of the probes from new ports beside a path's flows are counted, but belong to no episode; where each probe of a
 * path has a port of its own, as requests have, they are the path.
 */
export class LossRuns {
  readonly #path: string;
  readonly #intervalNs: number;
  readonly #waitNs: number;
  #runs: Run[] = [];
  #fresh: Loss[] = [];

  constructor(path: string, intervalNs: number, waitNs: number) {
    this.#path = path;
    this.#intervalNs = intervalNs;
    this.#waitNs = waitNs;
  }

  /** Whether {@link settle} may have something to say later. */
  get pending(): boolean {
    return this.#runs.some((run) => !run.judged);
  }

  lost(seq: number, sentNs: number, flow: number): void {
    if (isBeside(seq)) {
      this.#fresh.push({ seq, sentNs, flow });
      while (this.#fresh[0] !== undefined && this.#fresh[0].sentNs < sentNs - MATCHED_NS) {
        this.#fresh.shift();
      }
      return;
    }
    const loss = { seq, sentNs, flow };
    const run = this.#runs.at(-1);
    if (run !== undefined && !run.judged && seq === run.lastSeq + 1) {
      run.losses.push(loss);
      run.lastSeq = seq;
      run.lastNs = sentNs;
      run.answeredAtNs = null;
      this.#countOld(run, sentNs - MATCHED_NS);
      return;
    }
    this.#runs.push({
      firstNs: sentNs,
      lastNs: sentNs,
      lastSeq: seq,
      counted: 0,
      countedFlows: new Set(),
      losses: [loss],
      answeredAtNs: null,
      judged: false,
    });
    while (this.#runs[0]?.judged && this.#runs[0].lastNs < sentNs - MATCHED_NS) {
      this.#runs.shift();
    }
  }

  /** A reply came after all. @returns whether its probe was counted as lost */
  takeBack(seq: number, sentNs: number): boolean {
    if (isBeside(seq)) {
      const before = this.#fresh.length;
      this.#fresh = this.#fresh.filter((loss) => loss.seq !== seq);
      return this.#fresh.length < before;
    }
    for (const run of this.#runs) {
      if (sentNs < run.firstNs || sentNs > run.lastNs) {
        continue;
      }
      const at = indexOfSeq(run.losses, seq);
      if (at >= 0) {
        run.losses.splice(at, 1);
        return true;
      }
    }
    return false;
  }

  /**
   * Episodes that are over by now.
   * @param answeredNs send instant of the last probe of a flow that was answered; below 0 for none
   * @param final the run has ended: nothing is waited for
   * @param onLost called once for each loss of a fixed flow that nothing takes back any more
   */
  settle(
    nowNs: number,
    answeredNs: (flow: number) => number,
    final: boolean,
    onLost: (sentNs: number, flow: number) => void = () => {},
  ): LossEpisode[] {
    const found: LossEpisode[] = [];
    for (const [i, run] of this.#runs.entries()) {
      if (run.judged) {
        continue;
      }
      const grows = i === this.#runs.length - 1 && nowNs < run.lastNs + this.#waitNs + 2 * this.#intervalNs;
      if (!final && (grows || !this.#isSettled(run, nowNs, answeredNs))) {
        break;
      }
      run.judged = true;
      for (const { sentNs, flow } of run.losses) onLost(sentNs, flow);
      found.push(...this.#episodes(run));
    }
    this.#runs = this.#runs.filter((run) => !run.judged || run.lastNs >= nowNs - MATCHED_NS);
    return found;
  }

  #isSettled(run: Run, nowNs: number, answeredNs: (flow: number) => number): boolean {
    if (run.losses.length + run.counted < LEAST_LOSSES || run.lastNs < nowNs - MATCHED_NS) {
      return true;
    }
    if (run.answeredAtNs === null && run.losses.every((loss) => answeredNs(loss.flow) > loss.sentNs)) {
      run.answeredAtNs = nowNs;
    }
    return run.answeredAtNs !== null && nowNs >= run.answeredAtNs + SETTLE_NS;
  }

  #countOld(run: Run, beforeNs: number): void {
    // In portions, as taking from the front of a long list costs its length.
    if ((run.losses[512]?.sentNs ?? Number.POSITIVE_INFINITY) < beforeNs) {
      for (const loss of run.losses.splice(0, 512)) {
        run.counted += 1;
        run.countedFlows.add(loss.flow);
      }
    }
  }

  /** Late replies may have cut the run in pieces. */
  #episodes(run: Run): LossEpisode[] {
    const pieces: Loss[][] = [];
    for (const loss of run.losses) {
      const piece = pieces.at(-1);
      if (piece !== undefined && piece.at(-1)?.seq === loss.seq - 1) {
        piece.push(loss);
      } else {
        pieces.push([loss]);
      }
    }
    if (run.counted > 0 && pieces.length === 0) {
      pieces.push([]);
    }
    return pieces.flatMap((piece, i) => {
      const counted = i === 0 ? run.counted : 0;
      if (piece.length + counted < LEAST_LOSSES) {
        return [];
      }
      const startMax = counted > 0 ? run.firstNs : (piece[0]?.sentNs ?? run.firstNs);
      const startMin = Math.max(0, startMax - this.#intervalNs);
      const release = piece.at(-1)?.sentNs ?? run.lastNs;
      const flows = new Set([...(counted > 0 ? run.countedFlows : []), ...piece.map((loss) => loss.flow)]);
      flows.delete(FRESH_FLOW);
      return [
        {
          type: 'finding',
          kind: 'loss-episode',
          path: this.#path,
          startMin,
          startMax,
          release,
          durationNs: Math.round(release - (startMin + startMax) / 2),
          probes: piece.length + counted,
          probesAboveThreshold: 0,
          peakRttNs: 0,
          excessNs: 0,
          flowsHit: [...flows].sort((a, b) => a - b),
          flowsExposed: [],
          selfInflicted: false,
        },
      ];
    });
  }
}

/** Whether a probe is one of those from new ports, which are numbered by themselves. */
const isBeside = (seq: number): boolean => seq >= FRESH_SEQ_BIT;

function indexOfSeq(losses: readonly Loss[], seq: number): number {
  let low = 0;
  let high = losses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((losses[middle] as Loss).seq < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return losses[low]?.seq === seq ? low : -1;
}
