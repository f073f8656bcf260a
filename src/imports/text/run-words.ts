/** What the tool's own words add. */
export interface RunWords {
  /** `ping`, as in "ping's default". */
  readonly tool: string;
  /** How it is told to send at another pace. */
  readonly intervalOption: RegExp;
  readonly intervalUnitNs: number;
  /** By which option it prints times. */
  readonly timesBy: string;
  readonly notes: readonly string[];
}
