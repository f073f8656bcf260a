import * as z from 'zod';
import { SCHEMA } from './run.js';

const cgroup = z.object({ id: z.int().describe('inode number of its folder'), path: z.string().optional() });

/** Where the caller lives. */
const place = {
  cgroup1: cgroup.optional().describe('cgroup v1, the memory hierarchy'),
  cgroup2: cgroup.optional(),
  container: z.string().optional().describe('its id: 64 digits, where the cgroup tells it'),
  pod: z.string().optional().describe('uid'),
};

/** The first line of a trace of system calls. */
export const syscallTraceSchema = z.object({
  type: z.literal('trace'),
  schema: z.literal(SCHEMA),
  version: z.string().describe('of rxray'),
  command: z.literal('trace syscalls'),
  epochNs: z.string().describe('CLOCK_REALTIME, in nanoseconds, of the instant all instants count from'),
  place: z.string().describe('where the tracer runs'),
  host: z.object({ name: z.string(), kernel: z.string(), machine: z.string() }),
  flavour: z.enum(['tp_btf', 'raw_tp']),
  missing: z.array(z.string()).describe('tracepoints that this kernel lacks'),
  options: z.record(z.string(), z.unknown()).describe('as resolved'),
});
export type SyscallTraceRecord = z.infer<typeof syscallTraceSchema>;

/** One system call. */
export const syscallSchema = z.object({
  type: z.literal('syscall'),
  name: z.string(),
  number: z.int(),
  architecture: z.int().describe('whose numbers these are: e_machine as in elf.h'),
  began: z.int().describe('ns since epochNs'),
  durationNs: z.int(),
  runningNs: z.int().optional(),
  waitingNs: z.int().optional().describe('ready but without a CPU'),
  sleepingNs: z.int().optional(),
  inFlight: z.boolean().describe('it has not returned; durationNs is so far'),
  sampled: z
    .boolean()
    .optional()
    .describe('no hook saw it return: begin and end are known to about a millisecond, and the result is not'),
  unproven: z.boolean().optional().describe('it may be several calls with the same arguments, one behind the other'),
  pid: z.int(),
  tid: z.int(),
  comm: z.string().optional().describe('name of the thread'),
  process: z.string().optional().describe('name of the process'),
  cpu: z.int().optional().describe('on which it returned'),
  arguments: z.array(z.object({ name: z.string(), kind: z.string(), text: z.string() })),
  result: z.string().optional(),
  error: z.string().optional(),
  file: z.string().optional().describe('behind its descriptor'),
  fileBelowMount: z.boolean().optional().describe('the descriptor was gone, so the path lacks its mount'),
  fileSystem: z.string().optional(),
  path: z.string().optional().describe('that the call was given'),
  ...place,
  kernelStack: z.array(z.string()).optional().describe('where it left the CPU for longest, innermost first'),
  userStack: z.array(z.string()).optional().describe('by frame pointers, innermost first'),
  dump: z.int().optional().describe('of the flight recorder: number of the dump'),
});
export type SyscallRecord = z.infer<typeof syscallSchema>;

/** All calls of one kind in one process. */
export const syscallSummarySchema = z.object({
  type: z.literal('syscall-summary'),
  time: z.int().describe('ns since epochNs'),
  process: z.string(),
  pid: z.int(),
  name: z.string(),
  number: z.int(),
  architecture: z.int(),
  count: z.int(),
  errors: z.int(),
  totalNs: z.int(),
  averageNs: z.int(),
  p50Ns: z.int().describe('quantiles are off by an eighth at most'),
  p90Ns: z.int(),
  p99Ns: z.int(),
  maxNs: z.int(),
  ...place,
});
export type SyscallSummaryRecord = z.infer<typeof syscallSummarySchema>;

/** What the flight recorder has of one cgroup; its calls follow. */
export const syscallDumpSchema = z.object({
  type: z.literal('syscall-dump'),
  dump: z.int(),
  time: z.int().describe('ns since epochNs'),
  because: z.enum(['slow-call', 'end']),
  calls: z.int(),
  written: z.int().describe('calls recorded so far; the older ones were overwritten'),
  ...place,
});
export type SyscallDumpRecord = z.infer<typeof syscallDumpSchema>;

/** The last line: what was seen, what was lost, and what tracing cost. */
export const syscallEndSchema = z.object({
  type: z.literal('syscall-end'),
  time: z.int(),
  calls: z.int().describe('traced calls that returned'),
  lost: z.object({
    events: z.int().describe('calls or stacks that found no room in the ring: raise --ring'),
    totals: z.int().describe('calls without room in the table of totals'),
    parked: z.int().describe('calls that were lost from sight as their thread left its CPU'),
    unrecorded: z.int().describe('calls that the flight recorder had no room for'),
    records: z.int().describe('records not written because the reader was too slow'),
    gone: z.int().describe('calls whose process or descriptor was gone before its file was looked up'),
    nested: z.int().describe('runs of the BPF programs that the kernel left out as they would have nested'),
  }),
  tracerCpuNs: z.int(),
  bpfNsPerCall: z.number().nullable().describe('measured by the kernel, in samples'),
  residentBytes: z.int(),
  end: z.enum(['complete', 'stdin-closed', 'signal', 'error', 'cut-off']),
});
export type SyscallEndRecord = z.infer<typeof syscallEndSchema>;

export type SyscallTraceLine =
  | SyscallTraceRecord
  | SyscallRecord
  | SyscallSummaryRecord
  | SyscallDumpRecord
  | SyscallEndRecord;
