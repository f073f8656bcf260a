/**
 * What the kernel of a machine counts that costs connections and requests, beside what its server does: each with its
 * words behind the number, in the order in which they are told.
 */
export const MACHINE_COUNTS = {
  synCookies: 'SYN cookies sent',
  synQueueDrops: 'SYNs dropped at a full SYN queue',
  memoryPressures: 'times that TCP came under memory pressure',
  pruned: 'times that received packets were pruned for want of socket memory',
  abortedOnMemory: 'connections given up for want of memory',
  conntrackNotInserted: 'packets whose connection could not be entered into connection tracking',
  conntrackDropped: 'packets dropped by connection tracking',
  conntrackEarlyDrops: 'connections pushed out of a full table of connection tracking',
  neighboursFull: 'times that a table of neighbours was full',
  cardDrops: 'packets that a card had no room for',
} as const;

export type MachineCount = keyof typeof MACHINE_COUNTS;

export const MACHINE_COUNT_NAMES = Object.keys(MACHINE_COUNTS) as MachineCount[];
