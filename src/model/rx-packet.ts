import * as z from 'zod';

/** A probe packet as the receiving stack took it up. Instants count from the epoch of the run. */
export const rxPacketSchema = z.object({
  type: z.literal('rx-packet'),
  path: z.string().nullable().describe('of a probe that is followed'),
  protocol: z.enum(['icmp', 'syn', 'ack', 'udp']),
  source: z.string(),
  id: z.int().describe('of an echo its identifier, else the source port'),
  port: z.int().nullable().describe('target port; null of an echo'),
  seq: z.int().describe('number of the probe on its path; without a path that of the packet: of an echo, or of TCP'),
  flow: z.int().nullable().describe('of a probe that is followed; null for a source port of its own'),
  time: z.int(),
  interface: z.string(),
  queue: z.int().nullable(),
  cpu: z.int(),
  context: z.enum(['idle', 'syscall', 'user', 'ksoftirqd', 'napi-thread', 'irq-thread', 'kthread']),
  softirq: z.boolean().describe('on top of the thread named, which merely was interrupted; else by it'),
  thread: z.int(),
  process: z.int(),
  threadName: z.string(),
  syscall: z.string().nullable(),
  sinceRaiseNs: z
    .int()
    .nullable()
    .describe('from the raise of the softirq, or the waking of the thread, to this packet'),
  waitNs: z.int().nullable().describe('of that, until the softirq or thread ran'),
  tunnelled: z.boolean(),
});
export type RxPacketRecord = z.infer<typeof rxPacketSchema>;
