export type HelperName = 'rxray-prober' | 'rxray-tracer' | 'rxray-icmp';

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
  /** Rejects with a CodedError when it could not be started at all; later troubles are ways to exit. */
  readonly exited: Promise<HelperExit>;
  /**
   * On another machine, once it runs: as whom. `sudo` when sudo asks for no password, `user` when it does: then it
   * may lack the right to probe. Rejects with a CodedError when it never runs.
   */
  readonly runsAs?: Promise<RunsAs>;
  /** Its output comes out of a recording, which was checked as it was read and may begin in the middle. */
  readonly recorded?: RecordedOutput;
}

/** How the output of a recorded helper is to be decoded. */
export interface RecordedOutput {
  readonly checked: true;
  /**
   * Put small blocks of samples together, in columns that are filled again: nobody looks at what stands between samples
   * and findings, nor keeps samples.
   */
  readonly joinSamples: boolean;
}

export type RunsAs = 'root' | 'sudo' | 'user';

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
  /** As whom helpers run on another machine. Rejects with a CodedError when the place cannot be reached. */
  runsAs?(): Promise<RunsAs>;
  /** Compares the clocks. Rejects with a CodedError when the place cannot be reached. */
  exchangeClock?(): Promise<ClockOffset>;
  /** Lets go of a place that was not reached yet; what waits for it fails. Does nothing to one that was. */
  giveUp?(): void;
  /**
   * Closes what is kept open between launches, and waits until nothing is left at the other end. Without it that
   * happens by itself, a little after the last helper has ended or as this process ends.
   */
  close?(): Promise<void>;
}

/** CLOCK_REALTIME over there minus CLOCK_REALTIME here, give or take the uncertainty. */
export interface ClockOffset {
  readonly offsetNs: number;
  readonly uncertaintyNs: number;
}

/** Where both are the same clock. */
export const SAME_CLOCK: ClockOffset = { offsetNs: 0, uncertaintyNs: 0 };
