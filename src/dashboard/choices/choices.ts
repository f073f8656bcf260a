import { MS, SECOND } from '../../model/time.js';

/** What the lower part of the screen shows; `d` goes through them. */
export const MODES = ['overview', 'paths', 'strip', 'flows', 'log'] as const;
export type Mode = (typeof MODES)[number];

/** Columns of the paths table that can be chosen, in their order. */
export const COLUMNS = ['rate', 'sent', 'loss', 'late', 'p50', 'p99', 'max', 'stalls', 'spikes', 'history'] as const;
export type ColumnName = (typeof COLUMNS)[number];

export const DEFAULT_COLUMNS: readonly ColumnName[] = ['rate', 'loss', 'p50', 'p99', 'max', 'stalls', 'history'];

/** Time of one dot of the strip, from the finest to the coarsest. */
export const ZOOMS_NS: readonly number[] = [
  1 * MS,
  2 * MS,
  5 * MS,
  10 * MS,
  20 * MS,
  50 * MS,
  100 * MS,
  200 * MS,
  500 * MS,
  1 * SECOND,
  2 * SECOND,
  5 * SECOND,
];
export const DEFAULT_ZOOM_NS = 10 * MS;

/** What the user chose to see. */
export interface Choices {
  /** Name of the path that the strip shows; null: the one with the most stalls, else the first. */
  readonly selected: string | null;
  readonly mode: Mode;
  readonly zoomNs: number;
  /** Right end of the strip; null: now, or the last stall for a while. */
  readonly endNs: number | null;
  /** The top of the strip: at least the threshold, or what fits the RTTs shown. */
  readonly scale: 'threshold' | 'fit';
  readonly sorted: boolean;
  readonly columns: readonly ColumnName[];
  readonly overlay: 'none' | 'help' | 'details' | 'columns';
  /** Line of the overlay that is marked. */
  readonly cursor: number;
  /** Entries of the log that are below its window. */
  readonly logBack: number;
}

export const INITIAL_CHOICES: Choices = {
  selected: null,
  mode: 'overview',
  zoomNs: DEFAULT_ZOOM_NS,
  endNs: null,
  scale: 'threshold',
  sorted: false,
  columns: DEFAULT_COLUMNS,
  overlay: 'none',
  cursor: 0,
  logBack: 0,
};

/** The zoom that a path with this interval is best begun with: a dot for each probe, never finer than 10 ms. */
export function zoomFor(intervalNs: number): number {
  return ZOOMS_NS.find((zoom) => zoom >= DEFAULT_ZOOM_NS && zoom >= intervalNs) ?? DEFAULT_ZOOM_NS;
}
