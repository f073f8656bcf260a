/** The world as a command sees it, so that a test can be it. */
export interface Io {
  /** Results; resolves when there is room for more. */
  out(text: string): Promise<void> | undefined;
  /** Progress and diagnostics. */
  err(text: string): void;
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
}
