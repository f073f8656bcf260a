import type { DashboardFeed } from '../../dashboard/dashboard-feed.js';
import { timeOf } from '../../model/engine-event.js';
import { present } from '../../model/present.js';
import type { RunRecord } from '../../model/records/run.js';
import { MS } from '../../model/time.js';
import type { RunResult } from '../../report/probe/reporter.js';
import type { MeasuredEvent } from '../run/measured-run.js';

/** Summaries and quality are told again after this much time of the run. */
const FIGURES_EVERY_NS = 500 * MS;

/** What the figures of a run are read from; a Measurement is one. */
export interface LiveFigures {
  readonly run: RunRecord | undefined;
  result(): RunResult;
}

/** Hands the events of one prober's run on to the dashboard. */
export class LiveFeed {
  #toldNs = Number.NEGATIVE_INFINITY;

  /** @param vantage where there are several */
  constructor(
    private readonly feed: DashboardFeed,
    private readonly paths: readonly string[],
    private readonly figures: LiveFigures,
    private readonly vantage?: string,
  ) {}

  take({ event, findings, outages }: MeasuredEvent): void {
    const of = present({ vantage: this.vantage });
    switch (event.kind) {
      case 'hello':
        if (this.figures.run) this.feed.take({ kind: 'run', run: this.figures.run, ...of });
        break;
      case 'samples':
        this.feed.take({ kind: 'samples', samples: event.samples, paths: this.paths });
        for (const told of event.told ?? []) this.#clock(timeOf(told));
        break;
      case 'pause':
        this.feed.take({ kind: 'pause', pause: event.pause, ...of });
        break;
      case 'clock':
        this.#clock(event.clock.timeNs);
        break;
      case 'counters':
        this.#clock(event.counters.timeNs);
        break;
      default:
    }
    for (const outage of outages) this.feed.take({ kind: 'outage', outage });
    for (const finding of findings) this.feed.take({ kind: 'finding', finding });
  }

  #clock(timeNs: number): void {
    this.feed.take({ kind: 'clock', timeNs });
    if (timeNs - this.#toldNs < FIGURES_EVERY_NS) return;
    this.#toldNs = timeNs;
    const { summaries, quality } = this.figures.result();
    const of = present({ vantage: this.vantage });
    this.feed.take({ kind: 'summaries', summaries });
    this.feed.take({ kind: 'quality', quality, ...of });
  }
}
