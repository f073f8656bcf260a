import { z } from 'zod';
import type { ReceiveWait } from './kernel-event.js';

/** What kept received packets from their CPU. */
export const STALL_CLASSES = [
  'bh-off-in-syscall',
  'softirq-handler',
  'kthread-starved',
  'irq-off',
  'budget',
  'rps-backlog',
  'steal',
  'not-this-node',
] as const;
export type StallClass = (typeof STALL_CLASSES)[number];

/** A sample with the names of its functions, innermost first. */
export interface NamedSample {
  readonly timeNs: number;
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
  /** Of that CPU, oldest first, from 200 ms before the wait to 10 ms behind it. */
  readonly samples: readonly NamedSample[];
}

/** Who held the CPU while received packets waited, and by what. Instants count from the epoch of the run. */
export const culpritSchema = z.object({
  type: z.literal('culprit'),
  class: z.enum(STALL_CLASSES),
  vantage: z.string().optional().describe('on whose machine it was seen'),
  cpu: z.int(),
  start: z.int().describe('since when packets waited'),
  release: z.int().describe('when they were handled'),
  waitNs: z.int().describe('release minus start'),
  heldStart: z.int().describe('since when the culprit held the CPU, as far as was recorded'),
  lengthNs: z.int().describe('how long the culprit held it; of a handler its run time'),
  process: z
    .object({ name: z.string(), pid: z.int(), thread: z.int(), threadName: z.string() })
    .nullable()
    .describe('null when it was no process: a handler, the hypervisor'),
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
