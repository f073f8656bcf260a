import type { Outage } from '../model/outage.js';
import { SECOND } from '../model/time.js';

/** Fewer on end are loss, not silence. */
const LEAST_PROBES = 3;
/** A probe is overdue after so long, or after three times what the slowest of a hundred takes. */
const OVERDUE_NS = 1 * SECOND;
const OVERDUE_P99 = 3;

/** Tells when a path goes silent, and when it answers again: while it lasts no other finding can. */
export class OutageWatch {
  #sinceNs = Number.POSITIVE_INFINITY;
  #probes = 0;
  #told = false;
  #answeredAtNs = Number.NaN;
  #answeredSentNs = Number.NEGATIVE_INFINITY;
  #news: Outage[] = [];

  constructor(private readonly path: string) {}

  /** Whether there is anything to {@link take}. */
  get pending(): boolean {
    return this.#news.length > 0;
  }

  /** Whether probes on end were not answered: the next answer may end that. */
  get isWaiting(): boolean {
    return this.#probes > 0;
  }

  answered(sentNs: number, arrivalNs: number): void {
    this.passed(sentNs, arrivalNs);
    if (this.#probes === 0) return;
    // A late answer to an earlier probe ends nothing.
    if (sentNs < this.#sinceNs) return;
    if (this.#told) this.#tell('over', arrivalNs);
    this.#probes = 0;
    this.#told = false;
    this.#sinceNs = Number.POSITIVE_INFINITY;
  }

  /**
   * Answers while none is waited for.
   *
   * @param sentNs of the one that was sent last
   * @param arrivalNs of the one that came last
   */
  passed(sentNs: number, arrivalNs: number): void {
    this.#answeredAtNs = arrivalNs;
    if (sentNs > this.#answeredSentNs) this.#answeredSentNs = sentNs;
  }

  /** @param nowNs when that was known @param p99Ns of the RTTs so far, 0 for none */
  unanswered(sentNs: number, nowNs: number, p99Ns: () => number): void {
    // A loss shows later than the answers to what was sent after it.
    if (sentNs < this.#answeredSentNs) return;
    if (sentNs < this.#sinceNs) this.#sinceNs = sentNs;
    this.#probes += 1;
    if (this.#told || this.#probes < LEAST_PROBES) return;
    const silentNs =
      nowNs - (Number.isNaN(this.#answeredAtNs) ? this.#sinceNs : Math.max(this.#sinceNs, this.#answeredAtNs));
    if (silentNs < Math.max(OVERDUE_NS, OVERDUE_P99 * p99Ns())) return;
    this.#told = true;
    this.#tell('begun', nowNs);
  }

  take(): readonly Outage[] {
    const news = this.#news;
    // It is asked for with each batch of samples, and hardly ever has any.
    if (news.length > 0) this.#news = [];
    return news;
  }

  #tell(state: Outage['state'], at: number): void {
    this.#news.push({
      type: 'outage',
      state,
      path: this.path,
      since: Math.round(this.#sinceNs),
      at: Math.round(at),
      probes: this.#probes,
    });
  }
}
