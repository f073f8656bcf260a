import type { NodeVerdict } from '../../src/model/fleet/fleet-verdict.js';

/** A node that a fleet convicted. */
export const BAD_NODE: NodeVerdict = {
  type: 'node-verdict',
  node: 'node-3',
  state: 'bad',
  cause: 'rx-queue',
  probability: 0.9996,
  incidents: 9,
  since: -60e9,
  last: 590e9,
  meaning: 'Some receive queues of node-3 are not served for a while; the others are.',
};
