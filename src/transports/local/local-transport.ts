import { findHelper } from '../helper-binary.js';
import { SAME_CLOCK, type Transport } from '../transport.js';
import { spawnHelper } from './spawned-helper.js';

/** Helpers on this host, in the network namespace rxray runs in. */
export const localTransport: Transport = {
  place: 'this host',
  launch: (helper, args) => spawnHelper(findHelper(helper), args),
  exchangeClock: async () => SAME_CLOCK,
};
