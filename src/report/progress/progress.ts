import { formatLength } from '../../format/duration.js';
import { printable } from '../../format/printable.js';

/** What is shorter than this needs no bar. */
const SHOWN_AFTER_MS = 1_000;
const DRAWN_EVERY_MS = 200;
const BAR = 24;
/** The rate is that of about the last seconds, so that the time left follows a change of pace. */
const RATE_WINDOW_MS = 5_000;

/** How far a piece of work is. */
export interface ProgressState {
  /** What is done: `reading capture.pcap`. */
  readonly label: string;
  readonly done: number;
  /** Unknown where it is not known how much there is. */
  readonly total?: number | undefined;
  readonly unit: ProgressUnit;
  /** A second; undefined before there is one. */
  readonly perSecond?: number | undefined;
}

/** Bytes come with their prefixes; anything else is counted: `samples`, `packets`. Seconds have no rate. */
export type ProgressUnit = 'bytes' | 'seconds' | (string & {});

/** One line of at most `width` - 1 cells: a bar, the share, the rate and the time left. */
export function progressLine(state: ProgressState, width: number, unicode: boolean): string {
  const { label, done, total, perSecond } = state;
  const share = total === undefined || total <= 0 ? undefined : Math.min(1, done / total);
  const left =
    total === undefined || perSecond === undefined || perSecond <= 0
      ? undefined
      : Math.max(0, total - done) / perSecond;
  const words = [
    share === undefined ? quantity(done, state.unit) : `${String(Math.floor(100 * share)).padStart(3)} %`,
    perSecond === undefined || state.unit === 'seconds' ? '' : `${quantity(perSecond, state.unit)}/s`,
    left === undefined ? '' : `${formatLength(Math.ceil(left) * 1e9).replace(/^0 ns$/, '0 s')} left`,
  ].filter((word) => word !== '');
  const line = [label, ...(share === undefined ? [] : [bar(share, unicode)]), words.join(', ')].join('  ');
  return line.length < width ? line : line.slice(0, Math.max(0, width - 1));
}

function bar(share: number, unicode: boolean): string {
  const full = Math.floor(share * BAR);
  return unicode ? `${'━'.repeat(full)}${'─'.repeat(BAR - full)}` : `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
}

function quantity(value: number, unit: ProgressUnit): string {
  if (unit === 'seconds') return formatLength(Math.floor(value) * 1e9).replace(/^0 ns$/, '0 s');
  const prefixes = unit === 'bytes' ? ['B', 'kB', 'MB', 'GB', 'TB'] : ['', ' k', ' M', ' G'];
  const step = Math.min(prefixes.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  const number = step === 0 ? String(Math.round(scaled)) : scaled.toFixed(scaled < 10 ? 1 : 0);
  return unit === 'bytes' ? `${number} ${prefixes[step]}` : `${number}${prefixes[step]} ${unit}`;
}

/** Where progress is drawn; `Io` of the commands is one. */
export interface ProgressTerminal {
  draw(sequence: string): void;
  readonly errIsTerminal: boolean;
  readonly columns: number;
}

export interface ProgressOptions {
  readonly label: string;
  readonly unit: ProgressUnit;
  readonly total?: number | undefined;
  readonly unicode?: boolean;
  /** Milliseconds; default the monotonic clock. */
  readonly now?: () => number;
}

/**
 * A bar with rate and time left for what takes longer than a second, on standard error, where that is a terminal;
 * otherwise silent. `at` may be called as often as one likes.
 */
export class Progress {
  readonly #now: () => number;
  readonly #beganMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #shown = false;
  readonly #marks: { readonly atMs: number; readonly done: number }[] = [];

  constructor(
    private readonly terminal: ProgressTerminal,
    private readonly options: ProgressOptions,
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#beganMs = this.#now();
    this.#marks.push({ atMs: this.#beganMs, done: 0 });
  }

  /** So much is done by now, in all. */
  at(done: number): void {
    if (!this.terminal.errIsTerminal) return;
    const nowMs = this.#now();
    if (nowMs - this.#beganMs < SHOWN_AFTER_MS || nowMs - this.#drawnMs < DRAWN_EVERY_MS) return;
    this.#drawnMs = nowMs;
    this.#marks.push({ atMs: nowMs, done });
    while ((this.#marks[1]?.atMs ?? nowMs) < nowMs - RATE_WINDOW_MS) this.#marks.shift();
    const { label, unit, total, unicode = false } = this.options;
    const state = { label, unit, total, done, perSecond: this.#rate() };
    this.terminal.draw(`\r\u001b[K${printable(progressLine(state, this.terminal.columns, unicode))}`);
    this.#shown = true;
  }

  /** Takes the bar away, so that results begin on a clean line. Further calls do nothing. */
  end(): void {
    if (this.#shown) this.terminal.draw('\r\u001b[K');
    this.#shown = false;
  }

  #rate(): number | undefined {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
    return ((last.done - first.done) / (last.atMs - first.atMs)) * 1_000;
  }
}
