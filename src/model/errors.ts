/** How a run that fails for its environment ends: 2 wrong use, 4 privilege or system. */
export type FailureExitCode = 2 | 4;

/**
 * A failure of the environment or of the use, as opposed to the outcome of a measurement, which is a value.
 * Says what happened and what to do next; only `main` turns it into an exit status.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';

  /**
   * @param code stable, for scripts and searches: `E_NO_RAW_SOCKET`
   * @param message what happened, with the value at fault
   * @param remedy what to do next
   */
  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string,
    readonly exitCode: FailureExitCode = 4,
  ) {
    super(message);
  }
}
