export type HelperName = 'rxray-prober' | 'rxray-tracer';

/** A helper that runs somewhere, with its standard streams. */
export interface HelperProcess {
  /** Its standard output; ends when it closes it. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Writes to its standard input; does nothing once that is closed. */
  send(text: string): void;
  /** Closing its input is how a helper is told to end; it also ends when the connection to it dies. */
  closeInput(): void;
  /** Ends it by signal, where closing its input was not enough. */
  terminate(): void;
  readonly exited: Promise<HelperExit>;
}

export interface HelperExit {
  /** `null` when it died of a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last part of what it wrote to standard error. */
  readonly stderr: string;
}

/** A way to start a helper on a vantage: `local-transport.ts`, `netns-transport.ts` … */
export interface Transport {
  /** For messages: `this host`, `network namespace lab-shell`. */
  readonly place: string;
  /** @throws CodedError E_HELPER when the helper cannot be started */
  launch(helper: HelperName, args: readonly string[]): HelperProcess;
}
