import type { TimedPhase } from '../model/request.js';
import { TIMED_PHASES } from '../model/request.js';
import { Outcomes, type SampleColumns } from '../model/sample.js';
import type { RequestSummary } from '../model/summary.js';
import { LogHistogram } from '../stats/log-histogram.js';
import { summarizeTimes } from './time-summary.js';

/** To 0.012 %: of 200 ms that is 24 µs. */
const BITS = 12;
/** Different ones kept and told; what a hostile server makes up is bounded. */
const MOST_KEPT = 64;
const MOST_TOLD = 8;
/** Requests whose late answer is still waited for. */
const MOST_SILENT = 65_536;
const SILENT = 'no answer within the wait time';

/** What was measured of the requests of one path beside the time they took. */
export class RequestMeasure {
  readonly #fromDue = new LogHistogram(BITS);
  readonly #fromSend = new LogHistogram(BITS);
  readonly #phases = new Map<TimedPhase, LogHistogram>();
  readonly #statuses = new Map<number, number>();
  readonly #failures = new Map<string, { phase: string; failure: string; requests: number }>();
  /** Requests that were silent when their wait was over, by number: the phase that they were in. */
  readonly #silent = new Map<number, string>();
  /** Of DNS: names whose time was one of repetitions. */
  #repeated = 0;
  #queries = 0;
  #unanswered = 0;
  #names = 0;
  #reused = 0;
  #retried = 0;
  #kernelStamped = 0;

  observe(samples: SampleColumns, i: number): void {
    const request = samples.requests?.get(i);
    const outcome = samples.outcome[i] as number;
    const rttNs = samples.rttNs[i] as number;
    if (outcome === Outcomes.reply || outcome === Outcomes.late) {
      const lateBy = Math.max(0, (samples.sentNs[i] as number) - (samples.dueNs[i] as number));
      this.#fromDue.record(lateBy + rttNs);
      this.#fromSend.record(rttNs);
    }
    if (request === undefined) return;
    const seq = samples.seq[i] as number;
    if (request.reached !== 'done') {
      const failure = request.failure ?? SILENT;
      this.#failed(request.reached, failure);
      if (failure === SILENT) this.#silent.set(seq, request.reached);
      else this.#takeBack(seq);
      while (this.#silent.size > MOST_SILENT) this.#silent.delete(this.#silent.keys().next().value as number);
      return;
    }
    // Its loss was told before: late is not lost.
    if (outcome === Outcomes.late) this.#takeBack(seq);
    if (request.reused) this.#reused += 1;
    if (request.retried) this.#retried += 1;
    if (request.kernelStamps === true) this.#kernelStamped += 1;
    if (request.status !== undefined) addTo(this.#statuses, request.status);
    for (const phase of TIMED_PHASES) {
      const ns = request.phases[phase];
      if (ns === undefined) continue;
      const histogram = this.#phases.get(phase) ?? new LogHistogram(BITS);
      if (histogram.count === 0) this.#phases.set(phase, histogram);
      histogram.record(ns);
    }
    if (request.queries === undefined) return;
    this.#names += 1;
    this.#queries += request.queries;
    this.#unanswered += request.unanswered ?? 0;
    if ((request.unanswered ?? 0) > 0) this.#repeated += 1;
  }

  told(): RequestSummary {
    return {
      fromDueNs: summarizeTimes(this.#fromDue),
      fromSendNs: summarizeTimes(this.#fromSend),
      phases: TIMED_PHASES.flatMap((phase) => {
        const ns = this.#phases.get(phase);
        const times = ns === undefined ? null : summarizeTimes(ns);
        return ns === undefined || times === null ? [] : [{ phase, requests: ns.count, ns: times }];
      }),
      statuses: [...this.#statuses]
        .map(([status, requests]) => ({ status, requests }))
        .sort((a, b) => b.requests - a.requests)
        .slice(0, MOST_TOLD),
      failures: [...this.#failures.values()]
        .filter(({ requests }) => requests > 0)
        .sort((a, b) => b.requests - a.requests)
        .slice(0, MOST_TOLD),
      reused: this.#reused,
      retried: this.#retried,
      ...(this.#kernelStamped === 0 ? {} : { kernelStamped: this.#kernelStamped }),
      ...(this.#names === 0
        ? {}
        : {
            names: {
              asked: this.#names,
              queries: this.#queries,
              unanswered: this.#unanswered,
              repeated: this.#repeated,
            },
          }),
    };
  }

  #takeBack(seq: number): void {
    const phase = this.#silent.get(seq);
    if (phase === undefined) return;
    this.#silent.delete(seq);
    this.#failed(phase, SILENT, -1);
  }

  #failed(phase: string, failure: string, by = 1): void {
    const key = `${phase}/${failure}`;
    const known = this.#failures.get(key);
    if (known !== undefined) known.requests += by;
    else if (by > 0 && this.#failures.size < MOST_KEPT) this.#failures.set(key, { phase, failure, requests: by });
  }
}

function addTo(counts: Map<number, number>, status: number): void {
  if (counts.has(status) || counts.size < MOST_KEPT) counts.set(status, (counts.get(status) ?? 0) + 1);
}
