import { fileURLToPath } from 'node:url';
import { isSingleFile } from './single-file.js';

/** The engines that are programs for Node.js. */
export const ENGINE_PROGRAMS = ['connect', 'portable', 'request'] as const;
export type EngineProgram = (typeof ENGINE_PROGRAMS)[number];

/** The word by which the single executable is told to be one of them. */
export const ENGINE_WORD = '--rxray-engine-program';

/**
 * Its threads that collect garbage wait for each other without giving up the CPU. With real-time priority, and as many
 * such programs as there are CPUs, none of them gets to its work, nor does anything else on the machine: for seconds.
 */
const ONE_THREAD = '--single-threaded-gc';

/**
 * The words that start such a program with this same Node.js. The single executable takes none for Node.js itself.
 *
 * @param beside the URL of the module in whose folder the program has a folder of its own
 */
export function nodeProgram(name: EngineProgram, beside: string): readonly string[] {
  if (isSingleFile()) return [process.execPath, ENGINE_WORD, name];
  return [process.execPath, ONE_THREAD, fileURLToPath(new URL(`./${name}/main.js`, beside))];
}
