import type { PathTotals } from '../model/engine-event.js';
import type { Finding, LossEpisode } from '../model/finding.js';
import type { Outage } from '../model/outage.js';
import { isRequest } from '../model/protocol.js';
import { Outcomes, type SampleColumns, SampleFlags, stampPlace } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import { MS, SECOND } from '../model/time.js';
import { AnsweredSweep } from './answered-sweep.js';
import { detectableStallNs } from './detectable-stall.js';
import type { DetectedPath, DetectOptions } from './detected-path.js';
import { excursionGapNs } from './excursion.js';
import { HeldLosses } from './held-losses.js';
import { judge } from './judgement.js';
import { LossRuns } from './loss-episode.js';
import { NextProbeWatch } from './next-probe-release.js';
import { OutageWatch } from './outage.js';
import { PathNoise } from './path-noise.js';
import { PathMeasure, summarize } from './path-summary.js';
import type { Level } from './probe-delay.js';
import { RequestMeasure } from './request-measure.js';
import { Retransmissions } from './retransmissions.js';
import { SampleTail } from './sample-tail.js';
import { StallPeriod } from './stall-period.js';
import { Surroundings } from './surroundings.js';
import { UsualRtt } from './usual-rtt.js';
import { WayOut, wayOutOf } from './way-out.js';

/** A delayed probe is judged this long after its arrival: by then its neighbours, and pauses, are known. */
export const HOLD_BACK_NS = 250 * MS;
const JUDGE_AGAIN_NS = 100 * MS;
/** Without a running median by then, the lower quartile so far stands for it: some time, or as many probes as it takes. */
const WARM_UP = { leastNs: 2 * SECOND, probes: 16, mostNs: 30 * SECOND };
/** The tail reaches this far back. */
const TAIL_NS = 4 * SECOND;
const LONGEST_EXCURSION_NS = 10 * SECOND;

/**
 * Watches one path. A normal sample costs an entry in the tail, the histograms and the running median; only one above
 * the level of a stall or of a spike opens a case, which is judged from the tail a little later.
 */
export class PathDetector {
  readonly #path: DetectedPath;
  readonly #options: DetectOptions;
  readonly #censored: boolean;
  readonly #measure = new PathMeasure();
  readonly #usual: UsualRtt;
  readonly #tail: SampleTail;
  readonly #losses: LossRuns;
  readonly #heldLosses = new HeldLosses();
  readonly #wayOut: WayOut | undefined;
  readonly #outage: OutageWatch;
  readonly #nextProbe: NextProbeWatch;
  readonly #period = new StallPeriod();
  readonly #noise = new PathNoise();
  readonly #repeated: Retransmissions;
  readonly #gapNs: number;
  readonly #wake: (detector: PathDetector) => void;
  readonly #sweep: AnsweredSweep;
  readonly #counts = { stalls: 0, spikes: 0, selfInflicted: 0 };
  #ready: Finding[] = [];
  #staged: Finding[] = [];
  #level: Level | null = null;
  #nowNs = Number.NEGATIVE_INFINITY;
  #judgeAtNs = Number.POSITIVE_INFINITY;
  #settleAtNs = Number.POSITIVE_INFINITY;
  #caseFromNs = 0;
  #unanswerable = 0;
  #lastSentNs = 0;

  /** @param wake called whenever the path has a case, a loss or a finding to come back to */
  constructor(path: DetectedPath, options: DetectOptions, wake: (detector: PathDetector) => void) {
    this.#path = path;
    this.#options = options;
    this.#censored = path.censored ?? false;
    this.#wake = wake;
    this.#tail = new SampleTail(tailSize(path));
    this.#wayOut =
      this.#censored || isRequest(path.protocol)
        ? undefined
        : new WayOut(() => new PathDetector(...wayOutOf(path, options), () => wake(this)));
    this.#outage = new OutageWatch(path.name);
    this.#nextProbe = new NextProbeWatch(path.name);
    this.#losses = new LossRuns(path.name, path.intervalNs, options.waitNs);
    this.#gapNs = excursionGapNs(path.intervalNs, path.flows);
    this.#repeated = new Retransmissions(path.name, this.#gapNs, isRequest(path.protocol) ? path.intervalNs / 2 : 0);
    this.#sweep = new AnsweredSweep(path);
    this.#usual = new UsualRtt(options, path);
    if (isRequest(path.protocol)) this.#measure.requests = new RequestMeasure();
  }

  /** The kernel sends the SYNs of this path, and sends one again at these instants while nothing answers. */
  expectRetransmits(instantsNs: readonly number[]): void {
    if (this.#path.protocol === 'syn') this.#repeated.expect(instantsNs);
  }

  get #warmUpNs(): number {
    return Math.max(WARM_UP.leastNs, Math.min(WARM_UP.probes * this.#path.intervalNs, WARM_UP.mostNs));
  }

  /** One wait of the vantage's own way out, in place of an RTT. */
  observeWait(fromNs: number, waitNs: number, flow: number): void {
    this.#measure.received += 1;
    this.#observeAnswer(fromNs, waitNs, flow, 0);
  }

  /** Takes in sample `i`. */
  observe(samples: SampleColumns, i: number): void {
    this.#wayOut?.observe(samples, i);
    this.#measure.requests?.observe(samples, i);
    const outcome = samples.outcome[i] as number;
    const sentNs = samples.sentNs[i] as number;
    const flags = samples.flags[i] as number;
    const flow = samples.flow[i] as number;
    if (outcome > Outcomes.late) {
      if (outcome === Outcomes.error && !isRequest(this.#path.protocol)) this.#measure.failures.icmpError(samples, i);
      if (outcome === Outcomes.sendFailed) this.#measure.failures.sendFailed(samples.errorCode[i] as number);
      this.#observeUnanswered(outcome, samples.seq[i] as number, sentNs, flow, samples.dueNs[i] as number);
      return;
    }
    const measure = this.#measure;
    measure.received += 1;
    if (outcome === Outcomes.late) {
      measure.late += 1;
      if (this.#losses.takeBack(samples.seq[i] as number, sentNs, flow)) {
        measure.lost -= 1;
      }
    } else {
      measure.sendError.record(sentNs - (samples.dueNs[i] as number));
    }
    if ((flags & SampleFlags.clockStep) !== 0) {
      return;
    }
    const rttNs = samples.rttNs[i] as number;
    this.#outage.answered(sentNs, sentNs + rttNs);
    measure.rtt.record(rttNs);
    // What passes before something is sent again is no hold of anything.
    const request = samples.requests?.get(i);
    if (request !== undefined && this.#repeated.takeRequest(sentNs, rttNs, flow, request)) {
      this.#nowNs = Math.max(this.#nowNs, sentNs + rttNs);
      this.#settleSoon();
      return;
    }
    this.#observeAnswer(sentNs, rttNs, flow, flags);
  }

  /** Time has passed; `nowNs` is an instant up to which all samples can be taken to have come. */
  advance(nowNs: number): void {
    this.#wayOut?.advance(nowNs);
    if (nowNs > this.#nowNs) {
      this.#nowNs = nowNs;
      this.#judgeDue();
    }
  }

  /** The run has ended: judges what is left. */
  finish(nowNs: number): void {
    this.#wayOut?.finish(nowNs);
    this.#nowNs = Math.max(this.#nowNs, nowNs);
    if (this.#judgeAtNs !== Number.POSITIVE_INFINITY) {
      this.#judgeCase(true);
    }
    const released = this.#nextProbe.end();
    if (released !== null) this.#ready.push(released);
    this.#ready.push(...this.#episodes(true), ...this.#repeated.settle(this.#nowNs, this.#usualNs(), true));
    this.#settleAtNs = Number.POSITIVE_INFINITY;
    this.#stage(Number.POSITIVE_INFINITY);
  }

  /** Whether there is anything to come back to. */
  get busy(): boolean {
    return (
      this.#wayOut?.busy === true ||
      this.#staged.length > 0 ||
      this.#judgeAtNs !== Number.POSITIVE_INFINITY ||
      this.#settleAtNs !== Number.POSITIVE_INFINITY
    );
  }

  /** Complete findings since the last call. @param explained whether the prober's own pauses explain one */
  take(explained: (finding: Finding) => boolean): Finding[] {
    const out = this.#wayOut?.take(explained) ?? [];
    if (this.#staged.length === 0 && out.length === 0) {
      return [];
    }
    const staged = [...this.#staged, ...out].map((finding) =>
      explained(finding) ? { ...finding, selfInflicted: true } : finding,
    );
    this.#staged = [];
    for (const finding of staged) {
      this.#count(finding);
    }
    return staged;
  }

  /** Silence that began or ended since the last call. */
  takeOutages(): Outage[] {
    return this.#outage.take();
  }

  summary(totals?: PathTotals): Summary {
    const level = this.#usual.level(this.#tail);
    return summarize(
      this.#path.name,
      this.#measure,
      {
        ...this.#counts,
        unanswerable: this.#unanswerable,
        slowBelowThreshold: this.#slowBelowThreshold(level),
        stallPeriodNs: this.#period.periodNs(),
        detectableStallNs: detectableStallNs({
          stallNs: level.stallNs,
          intervalNs: this.#path.intervalNs,
          widestGapNs: this.#censored ? 0 : this.#sweep.widestGapNs,
          leastHoldNs: level.holdNs,
        }),
        // Nothing is claimed where the usual RTT is not known, or only slow probes are; nor of queues by requests, each
        // of which has a port of its own.
        coverage:
          this.#usual.known && !this.#censored && !isRequest(this.#path.protocol)
            ? this.#sweep.coverage(level, this.#options.queues)
            : null,
      },
      totals,
    );
  }

  /** What stands out of the path though it is neither slow by the threshold nor of a stall. */
  #slowBelowThreshold(level: Level): Summary['slowBelowThreshold'] {
    const aboveNs = level.medianNs + level.stallNs;
    if (this.#censored || !this.#usual.known || aboveNs >= level.spikeNs) return undefined;
    const probes = this.#noise.standingOut;
    return probes === 0 ? undefined : { probes, aboveNs };
  }

  #observeAnswer(sentNs: number, stampedRttNs: number, flow: number, flags: number): void {
    if (sentNs + stampedRttNs > this.#nowNs) {
      this.#nowNs = sentNs + stampedRttNs;
    }
    const previousNs = this.#sweep.answer(sentNs, flow);
    const rttNs = this.#usual.scaled(stampedRttNs, flags);
    if (Number.isNaN(rttNs)) return;
    const arrivalNs = sentNs + rttNs;
    if (this.#repeated.take(sentNs, rttNs, flow, this.#usualNs())) {
      this.#settleSoon();
      return;
    }
    const released = this.#censored ? null : this.#nextProbe.take(sentNs, arrivalNs, flow);
    if (released !== null) {
      this.#ready.push(released);
      this.#settleSoon();
    }
    const place = this.#tail.push(sentNs, rttNs, previousNs, flow, stampPlace(flags));
    this.#usual.observe(sentNs, rttNs, flags);
    this.#noise.answer(this.#censored ? Math.max(1, (sentNs - this.#lastSentNs) / this.#path.intervalNs) : 1);
    this.#lastSentNs = sentNs;
    if (rttNs >= this.#usual.heldNs) {
      this.#noise.slow(rttNs >= this.#usual.highNs, rttNs < this.#usual.spikeNs);
    }
    if (rttNs >= this.#usual.caseNs && this.#judgeAtNs === Number.POSITIVE_INFINITY) {
      this.#openCase(place, arrivalNs);
    }
    if (this.#nowNs >= this.#judgeAtNs || this.#nowNs >= this.#settleAtNs) {
      this.#judgeDue();
    }
  }

  #observeUnanswered(outcome: number, seq: number, sentNs: number, flow: number, dueNs: number): void {
    const measure = this.#measure;
    this.#sweep.unanswered(sentNs);
    switch (outcome) {
      case Outcomes.sendFailed:
        measure.sendFailed += 1;
        return;
      case Outcomes.error:
        measure.errors += 1;
        this.#silent(sentNs, Math.max(this.#nowNs, sentNs));
        break;
      case Outcomes.rateLimited:
        measure.rateLimited += 1;
        break;
      default:
        measure.lost += 1;
        this.#silent(sentNs, sentNs + this.#options.waitNs);
        this.#losses.lost(seq, sentNs, flow);
        this.#settleSoon(sentNs + this.#options.waitNs + HOLD_BACK_NS);
        this.#nowNs = Math.max(this.#nowNs, sentNs + this.#options.waitNs);
        this.#judgeDue();
    }
    measure.sendError.record(sentNs - dueNs);
  }

  #silent(sentNs: number, nowNs: number): void {
    this.#outage.unanswered(sentNs, nowNs, () => this.#measure.rtt.quantile(0.99));
    if (this.#outage.pending) this.#wake(this);
  }

  #settleSoon(atNs: number = this.#nowNs + JUDGE_AGAIN_NS): void {
    if (this.#settleAtNs !== Number.POSITIVE_INFINITY) return;
    this.#settleAtNs = atNs;
    this.#wake(this);
  }

  #usualNs(): number {
    return this.#usual.known ? this.#usual.level(this.#tail).medianNs : 0;
  }

  #episodes(final: boolean): LossEpisode[] {
    const episodes = this.#losses.settle(
      this.#nowNs,
      (flow) => this.#sweep.answeredNs(flow),
      final,
      (sentNs, flow) => {
        if (this.#path.protocol === 'syn' && this.#heldLosses.explain(sentNs, flow)) this.#unanswerable += 1;
      },
    );
    return episodes.map((episode) => this.#heldLosses.mark(episode));
  }

  #openCase(place: number, arrivalNs: number): void {
    this.#judgeAtNs = arrivalNs + HOLD_BACK_NS;
    this.#caseFromNs = arrivalNs;
    this.#level = this.#usual.known ? this.#usual.level(this.#tail) : null;
    // What came before the case shows where it began.
    this.#tail.protect(place);
    this.#wake(this);
  }

  #judgeDue(): void {
    if (this.#nowNs >= this.#judgeAtNs) {
      this.#judgeCase(false);
    }
    if (this.#nowNs >= this.#settleAtNs) {
      if (this.#judgeAtNs === Number.POSITIVE_INFINITY) this.#stage(Number.POSITIVE_INFINITY);
      this.#staged.push(...this.#episodes(false), ...this.#repeated.settle(this.#nowNs, this.#usualNs(), false));
      const pending = this.#losses.pending || this.#repeated.pending;
      this.#settleAtNs = pending ? this.#nowNs + JUDGE_AGAIN_NS : Number.POSITIVE_INFINITY;
    }
  }

  #judgeCase(final: boolean): void {
    if (!final && this.#level === null && !this.#usual.known && this.#nowNs < this.#caseFromNs + this.#warmUpNs) {
      this.#judgeAtNs = Math.min(this.#nowNs + JUDGE_AGAIN_NS, this.#caseFromNs + this.#warmUpNs);
      return;
    }
    this.#level ??= this.#usual.guess(this.#tail);
    const judged = judge(
      this.#tail,
      this.#level,
      new Surroundings({ ...this.#path, censored: this.#censored }, this.#tail, this.#sweep.startNs),
      this.#noise,
      {
        gapNs: this.#gapNs,
        longestNs: Math.max(LONGEST_EXCURSION_NS, 30 * this.#path.intervalNs * this.#path.flows),
        untilNs: final ? Number.POSITIVE_INFINITY : this.#nowNs - HOLD_BACK_NS,
      },
    );
    this.#ready.push(...judged.findings);
    for (const finding of judged.findings) {
      if (finding.kind !== 'stall') continue;
      this.#heldLosses.add(finding);
      this.#repeated.add(finding);
    }
    if (judged.levelChanged) {
      this.#usual.reset();
    }
    this.#stage(judged.waitingFromNs);
    if (judged.openFrom === null || final) {
      this.#judgeAtNs = Number.POSITIVE_INFINITY;
      this.#level = null;
      this.#tail.unprotect();
    } else {
      this.#judgeAtNs = this.#nowNs + JUDGE_AGAIN_NS;
      const openFromNs = this.#tail.arrivalNs(judged.openFrom);
      if (openFromNs > this.#caseFromNs) {
        // What opened the case is settled: the rest is a case of its own.
        this.#caseFromNs = openFromNs;
        this.#level = this.#usual.known ? this.#usual.level(this.#tail) : this.#level;
        this.#tail.protect(judged.openFrom);
      }
    }
  }

  /** Passes on, in order of release, what lies before the first probe still waited for. */
  #stage(waitingFromNs: number): void {
    this.#ready.sort((a, b) => a.release - b.release);
    const open = this.#ready.findIndex((finding) => finding.release >= waitingFromNs);
    this.#staged.push(...this.#ready.splice(0, open < 0 ? this.#ready.length : open));
  }

  #count(finding: Finding): void {
    if (finding.selfInflicted) {
      this.#counts.selfInflicted += 1;
    } else if (finding.kind === 'stall') {
      this.#counts.stalls += 1;
      this.#sweep.stalled(finding);
      this.#period.add(finding.release);
    } else if (finding.kind === 'rtt-spike') {
      this.#counts.spikes += 1;
    }
  }
}

/** A power of two that holds some 4 s of samples, 256 to 8,192. */
function tailSize(path: DetectedPath): number {
  const samples = TAIL_NS / path.intervalNs + (TAIL_NS / SECOND) * path.freshPerSecond;
  return 2 ** Math.min(13, Math.max(8, Math.ceil(Math.log2(samples))));
}
