import type { Choices } from '../choices/choices.js';
import type { Capabilities } from '../drawing/capabilities.js';
import type { Snapshot } from '../state/snapshot.js';

/** All that a view is a function of, beside its size. */
export interface ViewContext {
  readonly snapshot: Snapshot;
  readonly choices: Choices;
  readonly capabilities: Capabilities;
  /** The picture is held; `snapshot` is of the moment when it was. */
  readonly paused: boolean;
  /** Time since the source last told anything, in nanoseconds. */
  readonly silentNs: number;
  /** IANA name of the zone that times are shown in; by default the machine's. */
  readonly zone?: string;
}
