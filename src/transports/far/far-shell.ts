import type { CodedError } from '../../model/errors.js';
import type { FarSession, SessionEnd } from './far-session.js';

/** A way to a POSIX shell on another machine: `ssh-shell.ts`, `kubectl-shell.ts`. */
export interface FarShell {
  /** For messages: `ops@kube-node`, `pod rxray/rxray-x7k2`. */
  readonly place: string;
  /** Rejects with a CodedError when it is clear by now that there is no way. */
  connect(): Promise<FarConnection>;
  /** Why a session ended before it did anything, in the user's words. */
  explain(end: SessionEnd): CodedError;
}

export interface FarConnection {
  /** The first session; the others may depend on it. It runs FAR_COMMAND, as they do. */
  readonly keeper: FarSession;
  open(): FarSession;
}
