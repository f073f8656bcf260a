import { SAME_CLOCK, type Transport } from '../transport.js';
import { intoNamespace } from './network-namespace.js';
import { spawnHelper } from './spawned-helper.js';

export interface NodeTransportOptions {
  /** Run it in this network namespace. Needs root, as entering a namespace does. */
  readonly netns?: string | undefined;
  /** A command that becomes Node.js in the end, with the privileges or descriptors it arranged. */
  readonly through?: readonly string[];
}

/**
 * Probers that are programs for Node.js, on this host, in place of the native one: same plan in, same frames out.
 *
 * @param program the words that start it
 */
export function nodeTransport(
  program: readonly string[],
  { netns, through = [] }: NodeTransportOptions = {},
): Transport {
  return {
    place: netns === undefined ? 'this host' : `network namespace ${netns}`,
    launch: (_, args) => {
      const enter = netns === undefined ? [] : intoNamespace(netns);
      const [command = '', ...rest] = [...enter, ...through, ...program, ...args];
      return spawnHelper(command, rest);
    },
    exchangeClock: async () => SAME_CLOCK,
  };
}
