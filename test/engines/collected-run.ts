import type { ProbeRun } from '../../src/engines/engine.js';
import type { EngineEvent, PathTotals, Pause } from '../../src/model/engine-event.js';
import { FRESH_SEQ_BIT, OUTCOMES, type Outcome, REPLIES, type Reply, routerOf } from '../../src/model/sample.js';

/** One sample as an object: tests have few of them and read better so. */
export interface Seen {
  readonly path: number;
  readonly seq: number;
  readonly fresh: boolean;
  readonly flow: number;
  readonly dueNs: number;
  readonly sentNs: number;
  readonly rttNs: number;
  readonly lagNs: number;
  readonly txDelayNs: number;
  readonly outcome: Outcome;
  readonly reply: Reply;
  readonly ttl: number;
  readonly flags: number;
  readonly icmp: readonly [type: number, code: number];
  readonly errorCode: number;
  readonly router: string | undefined;
}

/** What a run reported, in order. */
export class CollectedRun {
  /** In the order of delivery; `late` follows the `lost` that it supersedes. */
  readonly samples: readonly Seen[];

  constructor(readonly events: readonly EngineEvent[]) {
    this.samples = events.flatMap((event) => (event.kind === 'samples' ? rows(event.samples) : []));
  }

  /** The last word on each probe of the fixed flows of a path, by seq. */
  final(path = 0): Seen[] {
    return this.lastWords(path).filter((sample) => !sample.fresh);
  }

  fresh(path = 0): Seen[] {
    return this.lastWords(path).filter((sample) => sample.fresh);
  }

  get totals(): readonly PathTotals[] {
    return this.events.flatMap((event) => (event.kind === 'path-totals' ? [event.totals] : []));
  }

  get pauses(): readonly Pause[] {
    return this.events.flatMap((event) => (event.kind === 'pause' ? [event.pause] : []));
  }

  get endNs(): number {
    const last = this.events.at(-1);
    if (last?.kind !== 'end') throw new Error('the run has no end');
    return last.timeNs;
  }

  private lastWords(path: number): Seen[] {
    const last = new Map<number, Seen>();
    for (const sample of this.samples) if (sample.path === path) last.set(sample.seq, sample);
    return [...last.values()].sort((a, b) => a.seq - b.seq);
  }
}

/** Reads a run to its end. */
export async function collect(run: ProbeRun): Promise<CollectedRun> {
  const events: EngineEvent[] = [];
  for await (const event of run.events) events.push(event);
  return new CollectedRun(events);
}

function rows(columns: Extract<EngineEvent, { kind: 'samples' }>['samples']): Seen[] {
  const at = (column: ArrayLike<number>, i: number): number => {
    const value = column[i];
    if (value === undefined) throw new RangeError(`a column of ${columns.length} samples has no element ${i}`);
    return value;
  };
  return Array.from({ length: columns.length }, (_, i) => {
    const outcome = OUTCOMES[at(columns.outcome, i)];
    const reply = REPLIES[at(columns.reply, i)];
    if (outcome === undefined || reply === undefined) throw new RangeError('a code that means nothing');
    const seq = at(columns.seq, i);
    return {
      path: at(columns.path, i),
      seq,
      fresh: seq >= FRESH_SEQ_BIT,
      flow: at(columns.flow, i),
      dueNs: at(columns.dueNs, i),
      sentNs: at(columns.sentNs, i),
      rttNs: at(columns.rttNs, i),
      lagNs: at(columns.lagNs, i),
      txDelayNs: at(columns.txDelayNs, i),
      outcome,
      reply,
      ttl: at(columns.ttl, i),
      flags: at(columns.flags, i),
      icmp: [at(columns.icmpType, i), at(columns.icmpCode, i)],
      errorCode: at(columns.errorCode, i),
      router: routerOf(columns, i),
    };
  });
}
