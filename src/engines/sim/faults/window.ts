import { ChanceSequence } from './chance.js';
import type { When } from './fault-schema.js';
import type { SpanRange } from './span.js';

/** An interval in which a fault is there, in the time of the scenario. */
export interface FaultWindow {
  /** Number of the window of its fault, from 0; the same in all runs of a scenario. */
  readonly index: number;
  readonly startNs: number;
  /** Infinity for a fault that is always there. */
  readonly endNs: number;
  /** Receive queues it holds, in the order in which they are emptied; null for all of them. */
  readonly queues: readonly number[] | null;
  /** Per index of a path: flows of the probes it delayed or dropped, and how many. Null where nobody asks. */
  readonly held: Map<number, HeldFlows> | null;
}

export interface HeldFlows {
  readonly flows: Set<number>;
  probes: number;
}

/** Which queues the windows of one fault hold. */
export type QueueChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'fixed'; readonly queues: readonly number[] }
  | { readonly kind: 'random'; readonly count: number };

/**
 * The windows of one fault, made as time reaches them and forgotten when no probe can meet them any more, so
 * that a run without end needs no more memory than a short one.
 */
export class WindowSchedule {
  private readonly windows: FaultWindow[] = [];
  private readonly found: FaultWindow[] = [];
  private readonly chance: ChanceSequence;
  private made = 0;
  private lastStartNs = 0;
  private lastEndNs = 0;
  private exhausted = false;
  /** No window that is still kept has its start before this. */
  private firstStartNs = 0;

  /**
   * @param stretch how long a window still delays packets, in lengths of the window: 1 when it ends with its end
   * @param remembered gets every window that is forgotten; without it nothing held is noted
   */
  constructor(
    private readonly when: When,
    key: number,
    private readonly queues: QueueChoice,
    private readonly stretch: number,
    private readonly remembered: FaultWindow[] | null,
  ) {
    this.chance = new ChanceSequence(key);
    this.make();
    this.firstStartNs = this.windows[0]?.startNs ?? Number.POSITIVE_INFINITY;
  }

  /** The window that covers the instant. */
  at(timeNs: number): FaultWindow | undefined {
    if (timeNs < this.firstStartNs) return undefined;
    this.makeUntil(timeNs);
    for (let i = this.windows.length - 1; i >= 0; i--) {
      const window = this.windows[i];
      if (window !== undefined && window.startNs <= timeNs) return timeNs < window.endNs ? window : undefined;
    }
    return undefined;
  }

  /** All windows that delay what arrives at the instant: a backlog may outlast the next window. Good until the next call. */
  delaying(timeNs: number): readonly FaultWindow[] {
    const { found } = this;
    found.length = 0;
    if (timeNs < this.firstStartNs) return found;
    this.makeUntil(timeNs);
    for (const window of this.windows) if (window.startNs <= timeNs && timeNs < this.reach(window)) found.push(window);
    return found;
  }

  /** Drops the windows that cannot delay anything that arrives from this instant on. */
  forget(beforeNs: number): void {
    let first = this.windows[0];
    while (first !== undefined && this.reach(first) <= beforeNs) {
      this.windows.shift();
      this.remembered?.push(first);
      if (this.windows.length === 0) this.make();
      first = this.windows[0];
    }
    this.firstStartNs = first?.startNs ?? Number.POSITIVE_INFINITY;
  }

  /** Hands over the windows that have begun by the end of the run. */
  finish(endNs: number): void {
    this.makeUntil(endNs);
    for (const window of this.windows) if (window.startNs < endNs) this.remembered?.push(window);
    this.windows.length = 0;
  }

  private reach(window: FaultWindow): number {
    return window.startNs + (window.endNs - window.startNs) * this.stretch;
  }

  private makeUntil(timeNs: number): void {
    let last = this.windows[this.windows.length - 1];
    while (last !== undefined && last.startNs <= timeNs && !this.exhausted) {
      this.make();
      last = this.windows[this.windows.length - 1];
    }
  }

  private make(): void {
    const span = this.next();
    if (span === undefined) {
      this.exhausted = true;
      return;
    }
    const [startNs, endNs] = span;
    const queues = this.pickQueues();
    const held = this.remembered === null ? null : new Map<number, HeldFlows>();
    this.windows.push({ index: this.made++, startNs, endNs, queues, held });
    this.lastStartNs = startNs;
    this.lastEndNs = endNs;
  }

  private next(): readonly [startNs: number, endNs: number] | undefined {
    const { when, chance } = this;
    switch (when.kind) {
      case 'always':
        return this.made === 0 ? [0, Number.POSITIVE_INFINITY] : undefined;
      case 'listed': {
        const window = when.windows[this.made];
        return window && [window.startNs, window.startNs + window.lengthNs];
      }
      case 'periodic': {
        const lengthNs = within(chance, when.length);
        if (this.made === 0) {
          // Somewhere in the first period, so that machines with equal periods do not fail in step.
          const startNs = when.firstNs ?? chance.between(0, within(chance, when.period));
          return [startNs, startNs + lengthNs];
        }
        const startNs = this.lastStartNs + within(chance, when.period);
        return [startNs, startNs + lengthNs];
      }
      case 'bursts': {
        const startNs = this.lastEndNs + chance.exponential(when.meanGapNs);
        return [startNs, startNs + chance.exponential(when.meanLengthNs)];
      }
    }
  }

  private pickQueues(): readonly number[] | null {
    switch (this.queues.kind) {
      case 'all':
        return null;
      case 'fixed':
        return this.queues.queues;
      case 'random':
        return [this.chance.word() % this.queues.count];
    }
  }
}

function within(chance: ChanceSequence, range: SpanRange): number {
  return range.minNs === range.maxNs ? range.minNs : chance.between(range.minNs, range.maxNs);
}

/** Notes that a probe was delayed or dropped in the window. */
export function noteHeld(window: FaultWindow, path: number, flow: number): void {
  if (window.held === null) return;
  let held = window.held.get(path);
  if (held === undefined) {
    held = { flows: new Set(), probes: 0 };
    window.held.set(path, held);
  }
  held.flows.add(flow);
  held.probes++;
}
