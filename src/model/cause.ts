import { OVERLAYS } from './overlay.js';

/**
 * What can be at fault; `device` is the card, its firmware, the hypervisor's queue or a lost interrupt: what holds
 * packets before the driver's poll. What is known of each stands in `bisect/causes`.
 */
export const CAUSES = ['rx-queue', 'host', 'device', 'nat', ...OVERLAYS, 'pod', 'network', 'sender'] as const;
export type Cause = (typeof CAUSES)[number];
