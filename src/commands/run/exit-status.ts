import type { Verdict } from '../../model/verdict.js';

/** How a run ends; each status means one thing, whatever the command. */
export const EXIT = {
  /** It ran, and found nothing that it was to fail on; of a bisection: healthy. */
  completed: 0,
  /** What was looked for was found, a stage is to blame, or nothing answered at all. */
  found: 1,
  /** The command line, or a file that it names, is wrong. */
  usage: 2,
  /** A bisection that cannot say. */
  inconclusive: 3,
  /** Privilege or system: no socket, no way to a machine, no room for the results. */
  system: 4,
  /** A mistake in rxray itself (EX_SOFTWARE of sysexits.h): says nothing about any network. */
  internal: 70,
  /** A signal ended the process at once: this and its number. */
  signalled: 128,
} as const;

/** Of what gives a verdict. */
export function verdictStatus({ cause }: Pick<Verdict, 'cause'>): number {
  if (cause === 'healthy') return EXIT.completed;
  return cause === 'inconclusive' ? EXIT.inconclusive : EXIT.found;
}
