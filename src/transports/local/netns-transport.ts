import { findHelper } from '../helper-binary.js';
import { SAME_CLOCK, type Transport } from '../transport.js';
import { intoNamespace } from './network-namespace.js';
import { spawnHelper } from './spawned-helper.js';

/** Helpers in a named network namespace of this host. Needs root, as entering a namespace does. */
export function netnsTransport(name: string): Transport {
  return {
    place: `network namespace ${name}`,
    launch: (helper, args) => {
      const [command = '', ...enter] = intoNamespace(name);
      return spawnHelper(command, [...enter, findHelper(helper), ...args]);
    },
    exchangeClock: async () => SAME_CLOCK,
  };
}
