import * as z from 'zod';
import type { Occupant, ReceiveWait, WaitPlace } from './kernel-event.js';

/** What kept received packets from their CPU. */
export const STALL_CLASSES = [
  'bh-off-in-syscall',
  'softirq-handler',
  'kthread-starved',
  'irq-off',
  'budget',
  'rps-backlog',
  'steal',
  'unattributed',
  'not-this-node',
] as const;
export type StallClass = (typeof STALL_CLASSES)[number];

/** A sample with the names of its functions, innermost first. */
export interface NamedSample {
  readonly timeNs: number;
  readonly cpu: number;
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  /** -1 none. */
  readonly syscall: number;
  readonly isWithin: boolean;
  readonly stack: readonly string[];
}

/** A wait with all that was recorded around it. */
export interface ObservedWait {
  readonly wait: ReceiveWait;
  /** Of the holder, innermost first; empty when unknown. */
  readonly holderStack: readonly string[];
  /** The CPUs it was queued on, one after the other. */
  readonly places: readonly WaitPlace[];
  /** Who had these CPUs meanwhile. */
  readonly occupants: readonly Occupant[];
  /** Of these CPUs, oldest first, from 200 ms before the wait to 10 ms behind it. */
  readonly samples: readonly NamedSample[];
}

/**
 * Who held the CPU while received packets waited, and by what. Somebody is named only if he had the CPU for at least
 * half of that time where the packets, or the thread that was to receive them, were queued; else the class is
 * `unattributed`, which tells what was seen and accuses nobody. `steal` is by the hypervisor's own account. Instants count from the epoch of the run.
 */
export const culpritSchema = z.object({
  type: z.literal('culprit'),
  class: z.enum(STALL_CLASSES),
  vantage: z.string().optional().describe('on whose machine it was seen'),
  cpu: z
    .int()
    .describe('that the culprit held; where nobody is named, that handled the packets in the end; -1 not told'),
  start: z.int().describe('since when packets waited'),
  release: z.int().describe('when they were handled'),
  waitNs: z.int().describe('release minus start'),
  heldStart: z.int().describe('since when the culprit held the CPU, as far as was recorded'),
  lengthNs: z.int().describe('how long the culprit held it; of a handler its run time'),
  heldNs: z
    .int()
    .describe('of waitNs, how long the culprit had the CPU where they were queued; 0 where nobody is named'),
  heldShare: z.number().describe('heldNs by waitNs'),
  queuedOn: z
    .array(z.object({ cpu: z.int(), start: z.int(), lengthNs: z.int() }))
    .describe('the CPUs that the packets, or the thread that was to receive them, were queued on meanwhile'),
  rxray: z.boolean().describe('the culprit is rxray itself'),
  process: z
    .object({ name: z.string(), pid: z.int().describe('-1 not told'), thread: z.int(), threadName: z.string() })
    .nullable()
    .describe('null when it was no process: a handler, the hypervisor, or when nobody is named'),
  syscall: z
    .object({
      name: z.string(),
      number: z.int(),
      file: z.string().optional().describe('path below its mount'),
      fileSystem: z.string().optional(),
    })
    .nullable(),
  handler: z.string().nullable().describe('softirq whose handler ran meanwhile'),
  cgroup: z.string().nullable(),
  container: z.string().nullable().describe('its id, where the cgroup tells it'),
  pod: z.string().nullable().describe('its uid, where the cgroup tells it'),
  servedBy: z.string().describe('the thread that handled the packets in the end'),
  netns: z.int(),
  interface: z.int(),
  stack: z.array(z.string()).describe('of the kernel at the raise, innermost function first'),
  shares: z.array(z.object({ what: z.string(), ns: z.int(), share: z.number() })).describe('where the delay went'),
  stealNs: z.int().describe('-1 unknown'),
  because: z.string().describe('why this class'),
  fix: z.string().describe('what would help'),
});
export type Culprit = z.infer<typeof culpritSchema>;
