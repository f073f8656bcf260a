import type { Protocol } from '../../model/protocol.js';
import type { Reply } from '../../model/sample.js';
import type { OwnCounts } from './counts-line.js';
import type { LineTime } from './line-time.js';
import { unwrapped } from './text-series.js';

/** RTTs by a text's own summary, in ns. */
export interface OwnRtts {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
}

/** One probe as a line tells it. */
export interface PrintedLine {
  readonly seq: number;
  readonly outcome: 'reply' | 'lost' | 'error';
  /** null where there was none, or none that can be used. */
  readonly rttNs: number | null;
  readonly ttl: number;
  readonly reply: Reply;
  readonly icmpType?: number;
  /** When the line was printed, that is when the answer came. */
  readonly time: LineTime | null;
}

/** How the probes of a run were sent. */
export type Sending =
  | { readonly kind: 'periodic'; readonly defaultNs: number }
  /** The next one only when the one before was answered or given up, and then after a pause. */
  | { readonly kind: 'in-turn'; readonly pauseNs: number; readonly timeoutNs: number };

/**
 * What was printed of one run against one target, gathered line by line: from a header to a summary. Numbers that come
 * twice are duplicates, those that have 16 bits are counted on.
 */
export class PrintedRun {
  readonly lines = new Map<number, PrintedLine>();
  /** Names and addresses of the target. */
  readonly names = new Set<string>();
  target: string | null = null;
  port: number | null = null;
  protocol: Protocol = 'icmp';
  command: string | null = null;
  own: OwnCounts | null = null;
  ownRtts: OwnRtts | null = null;
  /** Between packets, by the summary of a flood or adaptive ping. */
  gapNs: number | null = null;
  hasHeader = false;
  /** Of the first probe, where the tool says it by its form. */
  firstSeq: number | null = null;
  duplicates = 0;
  /** Lines that say of a number that it was not answered yet. */
  waitedFor = 0;
  interrupted = false;
  /** The summary has come. */
  closed = false;
  wholeMs = 0;
  belowOneMs = 0;
  /** Answers without a time that can be used. */
  untimed = 0;
  sendsFailed = 0;
  highest = Number.NEGATIVE_INFINITY;
  /** Told by numbers without a line of an answer. */
  readonly told = new Set<number>();
  #last = 0;

  constructor(readonly sending: Sending) {}

  get isEmpty(): boolean {
    return this.lines.size === 0 && this.told.size === 0 && this.own === null;
  }

  /** The number that a printed one stands for. */
  number(digits: number): number {
    this.#last = this.highest === Number.NEGATIVE_INFINITY ? digits : unwrapped(digits, this.#last);
    this.highest = Math.max(this.highest, this.#last);
    return this.#last;
  }

  /** The number of a probe whose line has none. */
  next(): number {
    return this.number(this.highest === Number.NEGATIVE_INFINITY ? (this.firstSeq ?? 0) : this.highest + 1);
  }

  answered(seq: number): boolean {
    return this.lines.get(seq)?.outcome === 'reply';
  }

  add(line: PrintedLine): void {
    if (this.answered(line.seq)) {
      if (line.outcome === 'reply') this.duplicates += 1;
      return;
    }
    this.lines.set(line.seq, line);
  }

  /** Whether this is the run of an address or name, as far as is known. */
  isOf(from: string): boolean {
    return (
      this.names.size === 0 || this.names.has(withoutZone(from)) || !isAddress(from) || ![...this.names].some(isAddress)
    );
  }

  name(...names: readonly (string | undefined)[]): void {
    for (const name of names) if (name !== undefined && name !== '') this.names.add(withoutZone(name));
    this.target = [...this.names].find(isAddress) ?? [...this.names][0] ?? null;
  }
}

export function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (/^[0-9a-f:.]+$/i.test(text) && text.includes(':'));
}

function withoutZone(address: string): string {
  return address.replace(/%[\w.-]+$/, '');
}
