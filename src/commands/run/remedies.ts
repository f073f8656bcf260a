import { HOW_TO_GRANT } from '../../kernel/helper-rights.js';
import { CodedError } from '../../model/errors.js';

/** What to do next in the words of the command line; the helpers know only their plan. */
const REMEDIES: Readonly<Record<string, string>> = {
  E_RATE_LIMIT: "lengthen -i, or raise --max-pps if the target's owner agrees",
  E_NO_INTERFACE: 'list the interfaces with ip link, and correct -I',
  E_NO_RAW_SOCKET: `${HOW_TO_GRANT}; or use --engine connect -p PORT, which needs no privilege`,
  E_TIMESTAMPS: 'use --timestamps kernel; rxray doctor shows what each interface has',
};

/** On a far host nothing is installed, so there is no file to grant a capability to. */
const FAR_PRIVILEGE = 'log in as root there, or give that user sudo without a password';

/** The error with a remedy a user of the command line can follow. */
export function withRemedy(error: unknown, far = false): unknown {
  if (!(error instanceof CodedError)) return error;
  const remedy = far && error.code === 'E_NO_RAW_SOCKET' ? FAR_PRIVILEGE : REMEDIES[error.code];
  return remedy === undefined ? error : new CodedError(error.code, error.message, remedy, error.exitCode);
}
