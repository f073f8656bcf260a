import type { PathTotals } from '../model/engine-event.js';
import type { Finding, Stall } from '../model/finding.js';
import type { Outage } from '../model/outage.js';
import { isRequest } from '../model/protocol.js';
import { Outcomes, REPLIES, type SampleColumns, SampleFlags, stampPlace } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import { AnsweredSweep } from './answered-sweep.js';
import { detectableStallNs } from './detectable-stall.js';
import type { DetectedPath, DetectOptions } from './detected-path.js';
import { excursionGapNs } from './excursion.js';
import { NextProbeWatch } from './next-probe-release.js';
import { HOLD_BACK_NS, JUDGE_AGAIN_NS, OpenCase } from './open-case.js';
import { OutageWatch } from './outage.js';
import { NO_FINDINGS, PathFindings } from './path-findings.js';
import { PathNoise } from './path-noise.js';
import { PathMeasure, summarize } from './path-summary.js';
import type { PlainAnswersOfPath } from './plain-answers.js';
import { RequestMeasure } from './request-measure.js';
import { LEAST_AGAIN_NS } from './retransmissions.js';
import { SampleTail, usualTailSize } from './sample-tail.js';
import { Unsettled } from './unsettled.js';
import { UsualRtt } from './usual-rtt.js';
import { WayOut, wayOutOf } from './way-out.js';

const SYN_ACK = REPLIES.indexOf('syn-ack');

/**
 * Watches one path. A normal sample costs an entry in the tail, the histograms and the running median, and comes with
 * others of its kind (see {@link PlainAnswers}); only one above the level of a stall or of a spike opens a case, which is
 * judged from the tail a little later.
 */
export class PathDetector {
  readonly #path: DetectedPath;
  readonly #options: DetectOptions;
  readonly #censored: boolean;
  readonly #measure = new PathMeasure();
  readonly #usual: UsualRtt;
  readonly #tail: SampleTail;
  readonly #case: OpenCase;
  readonly #unsettled: Unsettled;
  readonly #wayOut: WayOut | undefined;
  readonly #outage: OutageWatch;
  readonly #nextProbe: NextProbeWatch;
  readonly #found = new PathFindings();
  readonly #noise = new PathNoise();
  readonly #wake: (detector: PathDetector) => void;
  readonly #plain: PlainAnswersOfPath | undefined;
  readonly #sweep: AnsweredSweep;
  readonly #onStall = (stall: Stall): void => this.#sweep.stalled(stall);
  #nowNs = Number.NEGATIVE_INFINITY;
  #lastSentNs = 0;

  /**
   * @param wake called whenever the path has a case, a loss or a finding to come back to
   * @param plain where the answers wait that need only be counted
   */
  constructor(
    path: DetectedPath,
    options: DetectOptions,
    wake: (detector: PathDetector) => void,
    plain?: PlainAnswersOfPath,
  ) {
    this.#path = path;
    this.#options = options;
    this.#censored = path.censored ?? false;
    this.#wake = wake;
    // Of the others each answer is looked at by itself.
    this.#plain = this.#censored || isRequest(path.protocol) ? undefined : plain;
    this.#tail = new SampleTail(usualTailSize(path));
    this.#wayOut =
      this.#censored || isRequest(path.protocol)
        ? undefined
        : new WayOut(() => new PathDetector(...wayOutOf(path, options), () => wake(this)));
    this.#outage = new OutageWatch(path.name);
    this.#nextProbe = new NextProbeWatch(path.name);
    this.#sweep = new AnsweredSweep(path);
    this.#usual = new UsualRtt(options, path);
    const gapNs = excursionGapNs(path.intervalNs, path.flows);
    this.#unsettled = new Unsettled(path, this.#sweep, gapNs, options.waitNs);
    this.#case = new OpenCase({
      path: { ...path, censored: this.#censored },
      tail: this.#tail,
      usual: this.#usual,
      noise: this.#noise,
      gapNs,
      startNs: () => this.#sweep.startNs,
    });
    if (isRequest(path.protocol)) this.#measure.requests = new RequestMeasure();
  }

  /** The kernel sends the SYNs of this path, and sends one again at these instants while nothing answers. */
  expectRetransmits(instantsNs: readonly number[]): void {
    if (this.#path.protocol === 'syn') this.#unsettled.repeated.expect(instantsNs);
  }

  /** One wait of the vantage's own way out, in place of an RTT. */
  observeWait(fromNs: number, waitNs: number, flow: number): void {
    this.#measure.received += 1;
    this.#observeAnswer(fromNs, waitNs, flow, 0);
  }

  /** Takes in sample `i`. */
  observe(samples: SampleColumns, i: number): void {
    this.#countPlain();
    this.#look(samples, i);
    this.#expectPlain();
  }

  #look(samples: SampleColumns, i: number): void {
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
      if (this.#unsettled.takeBack(samples.seq[i] as number, sentNs)) {
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
    measure.stamps.record(rttNs, flags, measure.rtt);
    measure.rtt.record(rttNs);
    // What passes before something is sent again is no hold of anything.
    const request = samples.requests?.get(i);
    if (request !== undefined && this.#unsettled.repeated.takeRequest(sentNs, rttNs, flow, request)) {
      this.#nowNs = Math.max(this.#nowNs, sentNs + rttNs);
      this.#settleSoon();
      return;
    }
    this.#observeAnswer(sentNs, rttNs, flow, flags, samples.reply[i] === SYN_ACK);
  }

  /** Time has passed; `nowNs` is an instant up to which all samples can be taken to have come. */
  advance(nowNs: number): void {
    this.#wayOut?.advance(nowNs);
    this.#countPlain();
    if (nowNs > this.#nowNs) {
      this.#nowNs = nowNs;
      this.#judgeDue();
    }
    this.#expectPlain();
  }

  /** The run has ended: judges what is left. */
  finish(nowNs: number): void {
    this.#wayOut?.finish(nowNs);
    this.#countPlain();
    this.#nowNs = Math.max(this.#nowNs, nowNs);
    if (this.#case.isOpen) this.#judgeCase(true);
    const released = this.#nextProbe.end();
    if (released !== null) this.#found.add(released);
    this.#found.add(...this.#unsettled.settle(this.#nowNs, this.#usual.medianNs, true));
    this.#found.stage(Number.POSITIVE_INFINITY);
  }

  /** Whether there is anything to come back to. */
  get busy(): boolean {
    return this.#wayOut?.busy === true || this.#found.staged || this.#case.isOpen || this.#unsettled.isPending;
  }

  /** Complete findings since the last call. @param explained whether the prober's own pauses explain one */
  take(explained: (finding: Finding) => boolean): readonly Finding[] {
    return this.#found.take(this.#wayOut?.take(explained) ?? NO_FINDINGS, explained, this.#onStall);
  }

  /** Silence that began or ended since the last call. */
  takeOutages(): readonly Outage[] {
    return this.#outage.take();
  }

  summary(totals?: PathTotals): Summary {
    this.#countPlain();
    this.#expectPlain();
    const level = this.#usual.level(this.#tail);
    return summarize(
      this.#path.name,
      this.#measure,
      {
        ...this.#found.counts,
        unanswerable: this.#unsettled.unanswerable,
        slowBelowThreshold: this.#censored || !this.#usual.known ? undefined : this.#noise.slowBelowThreshold(level),
        stallPeriodNs: this.#found.stallPeriodNs,
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

  #observeAnswer(sentNs: number, stampedRttNs: number, flow: number, flags: number, isSynAck = false): void {
    if (sentNs + stampedRttNs > this.#nowNs) {
      this.#nowNs = sentNs + stampedRttNs;
    }
    const previousNs = this.#sweep.answer(sentNs, flow);
    const rttNs = this.#usual.scaled(stampedRttNs, flags);
    if (Number.isNaN(rttNs)) return;
    const arrivalNs = sentNs + rttNs;
    if (rttNs >= LEAST_AGAIN_NS && this.#unsettled.repeated.take(sentNs, rttNs, flow, this.#usual.medianNs, isSynAck)) {
      this.#settleSoon();
      return;
    }
    const released = this.#censored ? null : this.#nextProbe.take(sentNs, arrivalNs, flow);
    if (released !== null) {
      this.#found.add(released);
      this.#settleSoon();
    }
    const place = this.#tail.push(sentNs, rttNs, previousNs, flow, stampPlace(flags));
    this.#usual.observe(sentNs, rttNs, flags);
    this.#noise.answer(this.#censored ? Math.max(1, (sentNs - this.#lastSentNs) / this.#path.intervalNs) : 1);
    this.#lastSentNs = sentNs;
    if (rttNs >= this.#usual.heldNs) {
      this.#noise.slow(rttNs >= this.#usual.highNs, rttNs < this.#usual.spikeNs);
    }
    if (rttNs >= this.#usual.caseNs && !this.#case.isOpen) {
      this.#case.open(place, arrivalNs);
      this.#wake(this);
    }
    if (this.#nowNs >= this.#case.judgeAtNs || this.#nowNs >= this.#unsettled.settleAtNs) {
      this.#judgeDue();
    }
  }

  /** Takes in the answers that waited: what {@link #look} would do with them, were each its own. */
  #countPlain(): void {
    if (this.#plain === undefined) return;
    const run = this.#plain.all.drain(this.#plain.index);
    if (run.length === 0) return;
    this.#measure.answers(run);
    const { length, stamps, sentNs, rttNs, flow } = run;
    const place = stampPlace(stamps);
    let latestNs = this.#nowNs;
    let latestSentNs = Number.NEGATIVE_INFINITY;
    let arrivalNs = 0;
    for (let i = 0; i < length; i += 1) {
      const sent = sentNs[i] as number;
      const rtt = rttNs[i] as number;
      const from = flow[i] as number;
      arrivalNs = sent + rtt;
      if (arrivalNs > latestNs) latestNs = arrivalNs;
      if (sent > latestSentNs) latestSentNs = sent;
      this.#tail.push(sent, rtt, this.#sweep.answer(sent, from), from, place);
      this.#usual.observe(sent, rtt, stamps);
    }
    this.#nowNs = latestNs;
    this.#outage.passed(latestSentNs, arrivalNs);
    this.#noise.answersOfOne(length);
    this.#lastSentNs = sentNs[length - 1] as number;
    this.#nextProbe.passed(this.#lastSentNs, arrivalNs, flow[length - 1] as number);
  }

  /** Says which answers need only be counted: those that {@link #look} would do nothing else with. */
  #expectPlain(): void {
    if (this.#plain === undefined) return;
    const usual = this.#usual;
    const untilNs = Math.min(this.#case.judgeAtNs, this.#unsettled.settleAtNs);
    const none = this.#outage.isWaiting || this.#nowNs >= untilNs;
    this.#plain.all.expect(this.#plain.index, {
      belowNs: none ? Number.NEGATIVE_INFINITY : Math.min(usual.heldNs, usual.caseNs, LEAST_AGAIN_NS),
      untilNs,
      stamps: usual.stamps,
      // One that may change the levels is judged by the new ones.
      room: usual.untilChange - 1,
      sentNs: this.#nextProbe.sentNs,
      arrivalNs: this.#nextProbe.arrivalNs,
      releases: this.#nextProbe.isUnderWay,
    });
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
        this.#unsettled.lost(seq, sentNs, flow);
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
    if (this.#unsettled.isPending) return;
    this.#unsettled.settleAtNs = atNs;
    this.#wake(this);
  }

  #judgeDue(): void {
    if (this.#nowNs >= this.#case.judgeAtNs) {
      this.#judgeCase(false);
    }
    if (this.#nowNs >= this.#unsettled.settleAtNs) {
      if (!this.#case.isOpen) this.#found.stage(Number.POSITIVE_INFINITY);
      this.#found.addStaged(this.#unsettled.settle(this.#nowNs, this.#usual.medianNs, false));
    }
  }

  #judgeCase(final: boolean): void {
    const judged = this.#case.judge(this.#nowNs, final);
    if (judged === null) return;
    this.#found.add(...judged.findings);
    for (const finding of judged.findings) {
      if (finding.kind === 'stall') this.#unsettled.stalled(finding);
    }
    this.#found.stage(judged.waitingFromNs);
  }
}
