import { UNSEEN_TELL_NS, UNWATCHED_TELL_NS } from '../../model/plan.js';
import type { Io } from '../terminal/io.js';
import type { ProbeOptions } from './probe-options.js';

type Shown = Pick<ProbeOptions, 'live' | 'format' | 'output' | 'onStall' | 'quiet' | 'record'>;
type Terminals = Pick<Io, 'outIsTerminal' | 'errIsTerminal'>;

/** How long what was seen may wait to be told: each telling wakes Node.js. Undefined: the prober's own default. */
export function tellNs(options: Shown, io: Terminals): number | undefined {
  if (isLookedAt(options, io)) return undefined;
  return showsTheEndAlone(options, io) ? UNSEEN_TELL_NS : UNWATCHED_TELL_NS;
}

/** Somebody sees each sample as it comes, or something is to be done as soon as a stall is known. */
function isLookedAt({ live, format, output, onStall }: Shown, io: Terminals): boolean {
  const printsSamples = format === 'ndjson' || format === 'hping' || format === 'csv';
  return live || onStall !== undefined || (printsSamples && output === undefined && io.outIsTerminal);
}

/** Nothing is printed, drawn or written down before the run has ended. */
function showsTheEndAlone({ format, quiet, record }: Shown, io: Terminals): boolean {
  const printsNothing = format === 'json' || (format === 'text' && quiet);
  return printsNothing && record === undefined && (quiet || !io.errIsTerminal);
}
