import * as z from 'zod';
import { SCHEMA } from './run.js';

/** The first line of a trace in NDJSON: who traced what, with which hooks. */
export const traceRunSchema = z.object({
  type: z.literal('run'),
  schema: z.literal(SCHEMA),
  version: z.string().describe('of rxray'),
  command: z.string(),
  epochNs: z
    .string()
    .regex(/^-?\d+$/)
    .describe('CLOCK_REALTIME, in nanoseconds, of the instant all instants count from'),
  clock: z.string(),
  host: z.object({ name: z.string(), kernel: z.string(), machine: z.string() }),
  options: z.record(z.string(), z.unknown()).describe('as resolved'),
  netns: z.int().describe('inode number of the network namespace, 0: all'),
  hooks: z
    .array(
      z.object({
        question: z.string(),
        flavour: z.enum(['tp_btf', 'raw_tp']),
        tracepoint: z.string(),
        got: z.boolean(),
      }),
    )
    .describe('tracepoints that were attached to, and those this kernel does not have'),
});
export type TraceRun = z.infer<typeof traceRunSchema>;

/** One sample of the flight recorder, with `--samples`. */
export const kernelSampleSchema = z.object({
  type: z.literal('kernel-sample'),
  time: z.int(),
  cpu: z.int(),
  thread: z.int().describe('0: idle'),
  threadName: z.string(),
  syscall: z.string().nullable(),
  waiting: z.boolean().describe('packets waited at that instant'),
  stack: z.array(z.string()).describe('innermost function first'),
});
export type KernelSampleRecord = z.infer<typeof kernelSampleSchema>;

/** How good the trace was and what it took; the last line. */
export const traceQualitySchema = z.object({
  type: z.literal('trace-quality'),
  lengthNs: z.int().describe('of the trace'),
  bpfRunNs: z.int().nullable().describe('processor time of the BPF programs; null: the kernel does not count it'),
  bpfRuns: z.int().nullable(),
  cpuNs: z.int().describe('processor time of the tracer itself'),
  residentBytes: z.int(),
  recursionMisses: z.int().describe('runs that the kernel left out as they would have nested'),
  lostEvents: z.int().describe('events that found no room on their way out of the kernel'),
  droppedRecords: z.int().describe('records that found no room on their way here'),
  waits: z
    .array(z.object({ cpu: z.int(), waits: z.int(), longestNs: z.int() }))
    .describe('of receive work, for each CPU'),
  end: z.enum(['complete', 'stdin-closed', 'signal', 'error', 'cut-off']),
});
export type TraceQuality = z.infer<typeof traceQualitySchema>;
