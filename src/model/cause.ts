import { OVERLAYS } from './overlay.js';

/**
 * What can be at fault; `device` is the card, its firmware, the hypervisor's queue or a lost interrupt: what holds
 * packets before the driver's poll. The last four are behind the network: they hold requests, and packets pass. What is known of each stands in `bisect/causes`.
 */
export const CAUSES = [
  'rx-queue',
  'host',
  'device',
  'nat',
  ...OVERLAYS,
  'pod',
  'network',
  'sender',
  'server',
  'throttled',
  'accept-queue',
  'resolver',
] as const;
export type Cause = (typeof CAUSES)[number];
