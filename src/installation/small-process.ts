import { setFlagsFromString } from 'node:v8';

/**
 * An agent lives for months beside others, and computes little: what compilers take of memory pays for nothing there. With
 * these it has 61 MiB in place of 79, and takes no more processor time. Said before anything else is loaded, as the young
 * generation grows meanwhile.
 */
const FLAGS = [
  '--semi-space-growth-factor=1',
  '--optimize-for-size',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
] as const;

const command = process.argv.slice(2).find((word) => !word.startsWith('-'));
if (command === 'agent') for (const flag of FLAGS) setFlagsFromString(flag);
