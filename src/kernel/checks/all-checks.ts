import { cloudAllowances, pauseFrames, ringOverruns, tunnelChecksums } from './card-counters.js';
import type { Check } from './check.js';
import { conntrackFill } from './conntrack-fill.js';
import { conntrackInsert } from './conntrack-insert.js';
import { cpuThrottling } from './cpu-throttling.js';
import { firewallChanges } from './firewall-changes.js';
import { firewallRuleCount } from './firewall-rules.js';
import { idleStates } from './idle-states.js';
import { ipvsModes } from './ipvs-modes.js';
import { irqAffinity } from './irq-affinity.js';
import { kernelIssues } from './kernel-issues.js';
import { listenQueue } from './listen-queue.js';
import { liveGroups } from './live-groups.js';
import { memoryCompaction } from './memory-compaction.js';
import { memoryStat } from './memory-stat.js';
import { neighbourTable } from './neighbour-table.js';
import { nicQueues } from './nic-queues.js';
import { rssTable } from './rss-table.js';
import { softnetDrops } from './softnet-drops.js';
import { softnetSqueeze } from './softnet-squeeze.js';
import { steal } from './steal.js';
import { tcpMemory } from './tcp-memory.js';
import { tcpRetransmissions } from './tcp-retransmissions.js';
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
  listenQueue,
  tcpRetransmissions,
  tcpMemory,
  neighbourTable,
  ringOverruns,
  pauseFrames,
  cloudAllowances,
  tunnelChecksums,
  ipvsModes,
  firewallRuleCount,
  firewallChanges,
  idleStates,
  memoryCompaction,
  liveGroups,
  kernelIssues,
];
