import type { Counters, PathTotals } from '../../../model/engine-event.js';
import { Outcomes } from '../../../model/sample.js';

type Counts = { -readonly [K in Exclude<keyof PathTotals, 'path' | 'inFlight' | 'duplicates'>]: number } & {
  rateLimited: number;
};

/** Totals of each path. sent = received + lost + errors + in flight, and for UDP rate-limited. */
export class Tally {
  private readonly paths: readonly Counts[];

  constructor(paths: number) {
    this.paths = Array.from({ length: paths }, () => ({
      sent: 0,
      received: 0,
      late: 0,
      lost: 0,
      sendFailed: 0,
      errors: 0,
      missedSlots: 0,
      rateLimited: 0,
    }));
  }

  sent(path: number): void {
    this.at(path).sent++;
  }

  missed(path: number): void {
    this.at(path).missedSlots++;
  }

  /** @param instead for `late`: the outcome that it supersedes, `lost` or `rate-limited` */
  outcome(path: number, outcome: number, instead: number = Outcomes.lost): void {
    const counts = this.at(path);
    switch (outcome) {
      case Outcomes.reply:
        counts.received++;
        break;
      case Outcomes.late:
        counts.received++;
        counts.late++;
        if (instead === Outcomes.rateLimited) counts.rateLimited--;
        else counts.lost--;
        break;
      case Outcomes.lost:
        counts.lost++;
        break;
      case Outcomes.sendFailed:
        counts.sendFailed++;
        break;
      case Outcomes.error:
        counts.errors++;
        break;
      case Outcomes.rateLimited:
        counts.rateLimited++;
        break;
    }
  }

  get inFlight(): number {
    return this.sum((counts) => inFlight(counts));
  }

  counters(timeNs: number): Counters {
    return {
      timeNs,
      sent: this.sum((counts) => counts.sent),
      received: this.sum((counts) => counts.received),
      late: this.sum((counts) => counts.late),
      lost: this.sum((counts) => counts.lost),
      sendFailed: this.sum((counts) => counts.sendFailed),
      errors: this.sum((counts) => counts.errors),
      missedSlots: this.sum((counts) => counts.missedSlots),
      duplicates: 0,
      strays: 0,
      forged: 0,
      droppedRecords: 0,
      kernelDrops: 0,
      sentStampsMissing: 0,
      inFlight: this.inFlight,
      cpuUserNs: 0,
      cpuSystemNs: 0,
      residentBytes: 0,
    };
  }

  totals(): PathTotals[] {
    return this.paths.map((counts, path) => {
      const { sent, received, late, lost, sendFailed, errors, missedSlots } = counts;
      return {
        path,
        sent,
        received,
        late,
        lost,
        inFlight: inFlight(counts),
        sendFailed,
        errors,
        duplicates: 0,
        missedSlots,
      };
    });
  }

  private at(path: number): Counts {
    const counts = this.paths[path];
    if (counts === undefined) throw new RangeError(`no path ${path}`);
    return counts;
  }

  private sum(of: (counts: Counts) => number): number {
    return this.paths.reduce((total, counts) => total + of(counts), 0);
  }
}

function inFlight({ sent, received, lost, errors, rateLimited }: Counts): number {
  return sent - received - lost - errors - rateLimited;
}
