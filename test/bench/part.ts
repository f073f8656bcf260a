import type { Column } from '../../src/format/table.js';

export interface BenchTable {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** What the design asks for, and what this run measured. */
export interface Target {
  /** `RTT error p99 idle ≤ 10 µs`. */
  readonly asked: string;
  readonly measured: string;
  readonly met: boolean;
}

/** The same thing measured of rxray and of another tool in one run; less is better. */
export interface Comparison {
  readonly what: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  readonly unit: string;
}

export interface PartResult {
  readonly tables: readonly BenchTable[];
  readonly targets: readonly Target[];
  /** The figures behind the tables, for the JSON file. */
  readonly data: unknown;
  /** Share of processor time that the hypervisor took, where the measurement was not made within the part. */
  readonly stealShare?: number;
  readonly comparisons?: readonly Comparison[];
  readonly notes?: readonly string[];
}

export interface Part {
  readonly name: string;
  readonly about: string;
  run(setting: Setting): Promise<PartResult>;
}

/** What the parts share. */
export interface Setting {
  /** Length of one measurement. */
  readonly seconds: number;
  /** The name of the bench's own lab, which is brought up for the first that asks. */
  lab(): Promise<string>;
  say(message: string): void;
}

export const verdict = ({ asked, measured, met }: Target): string =>
  `${asked}: ${measured}, ${met ? 'met' : 'NOT met'}`;
