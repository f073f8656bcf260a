import type { PathTotals } from '../../model/engine-event.js';
import { Outcomes } from '../../model/sample.js';

type Counts = { -readonly [K in keyof PathTotals]: number } & { rateLimited: number };
type Field = keyof Omit<Counts, 'path' | 'inFlight'>;

/** Totals of each path. sent = received + lost + errors + in flight, and for UDP rate-limited. */
export class Tally {
  readonly #paths: readonly Counts[];

  constructor(paths: number) {
    this.#paths = Array.from({ length: paths }, (_, path) => ({
      path,
      sent: 0,
      received: 0,
      late: 0,
      lost: 0,
      inFlight: 0,
      sendFailed: 0,
      errors: 0,
      duplicates: 0,
      missedSlots: 0,
      rateLimited: 0,
    }));
  }

  add(path: number, field: Field, by = 1): void {
    const counts = this.#paths[path];
    if (!counts) throw new RangeError(`no path ${path}`);
    counts[field] += by;
  }

  /** @param sign -1 takes back what a later word on the same probe supersedes */
  outcome(path: number, outcome: number, sign: 1 | -1 = 1): void {
    switch (outcome) {
      case Outcomes.late:
        this.add(path, 'late', sign);
        this.add(path, 'received', sign);
        break;
      case Outcomes.reply:
        this.add(path, 'received', sign);
        break;
      case Outcomes.lost:
        this.add(path, 'lost', sign);
        break;
      case Outcomes.error:
        this.add(path, 'errors', sign);
        break;
      case Outcomes.rateLimited:
        this.add(path, 'rateLimited', sign);
        break;
      case Outcomes.sendFailed:
        this.add(path, 'sendFailed', sign);
        break;
    }
  }

  sum(field: Field): number {
    return this.#paths.reduce((total, counts) => total + counts[field], 0);
  }

  get inFlight(): number {
    return this.#paths.reduce((total, counts) => total + inFlight(counts), 0);
  }

  totals(): PathTotals[] {
    return this.#paths.map(({ rateLimited: _, ...counts }) => ({
      ...counts,
      inFlight: inFlight({ ...counts, rateLimited: _ }),
    }));
  }
}

function inFlight({ sent, received, lost, errors, rateLimited }: Counts): number {
  return sent - received - lost - errors - rateLimited;
}
