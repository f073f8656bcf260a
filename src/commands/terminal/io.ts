/** The world as a command sees it, so that a test can be it. What acts on a terminal is taken out of texts on the way. */
export interface Io {
  /** Results; resolves when there is room for more, and rejects with E_OUTPUT when they cannot be written. */
  out(text: string): Promise<void> | undefined;
  /** Progress and diagnostics. */
  err(text: string): void;
  /** What is drawn on the terminal of `err` as it is, escape sequences of rxray's own included. */
  draw(sequence: string): void;
  /** Results that take the place of all that is on the terminal of `out`. */
  outPage(text: string): Promise<void> | undefined;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Columns of the terminal that progress is drawn on. */
  readonly columns: number;
  /** Does as a SIGINT does: the first one ends the run, a second one the process. */
  interrupt(): void;
  /** Aborted by the first SIGINT or SIGTERM, or when nobody reads the results any more. */
  readonly stop: AbortSignal;
  /** Calls back on SIGQUIT, until the returned function is called. */
  onSnapshot(callback: () => void): () => void;
  /** Calls back on SIGHUP instead of ending the run. */
  onHangUp(callback: () => void): void;
}
