import { existsSync } from 'node:fs';
import { CodedError } from '../../model/errors.js';
import { findHelper } from '../helper-binary.js';
import { SAME_CLOCK, type Transport } from '../transport.js';
import { spawnHelper } from './spawned-helper.js';

/** Helpers in a named network namespace of this host. Needs root, as entering a namespace does. */
export function netnsTransport(name: string): Transport {
  return {
    place: `network namespace ${name}`,
    launch: (helper, args) => {
      if (!existsSync(`/run/netns/${name}`)) {
        throw new CodedError(
          'E_NETNS',
          `there is no network namespace ${name}`,
          'see ip netns list, or run rxray lab up',
          4,
        );
      }
      return spawnHelper('ip', ['netns', 'exec', name, findHelper(helper), ...args]);
    },
    exchangeClock: async () => SAME_CLOCK,
  };
}
