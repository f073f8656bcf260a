import type { Check } from './check.js';
import { conntrackFill } from './conntrack-fill.js';
import { conntrackInsert } from './conntrack-insert.js';
import { cpuThrottling } from './cpu-throttling.js';
import { irqAffinity } from './irq-affinity.js';
import { kernelIssues } from './kernel-issues.js';
import { memoryStat } from './memory-stat.js';
import { nicQueues } from './nic-queues.js';
import { rssTable } from './rss-table.js';
import { softnetDrops } from './softnet-drops.js';
import { softnetSqueeze } from './softnet-squeeze.js';
import { steal } from './steal.js';
import { threadedNapi } from './threaded-napi.js';
import { zombieGroups } from './zombie-groups.js';

/** Every check, in the order in which results of equal weight are shown. */
export const ALL_CHECKS: readonly Check[] = [
  softnetDrops,
  softnetSqueeze,
  memoryStat,
  zombieGroups,
  conntrackFill,
  conntrackInsert,
  steal,
  cpuThrottling,
  nicQueues,
  rssTable,
  irqAffinity,
  threadedNapi,
  kernelIssues,
];
