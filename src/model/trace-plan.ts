import type { SyscallsQuestion } from './syscalls-question.js';
import type { Watch } from './watch.js';

/** One question to a tracer; further kinds join this union. */
export type TraceQuestion =
  /** Where and in whose context each probe packet is received: those of the plan's watches, or else those named. */
  | {
      readonly question: 'rx';
      /** 0: any echo. */
      readonly icmpIds: readonly number[];
      readonly synPorts: readonly number[];
    }
  /** Which received packets waited for a CPU, and who held it. */
  | { readonly question: 'stall'; readonly minNs: number }
  /** How long system calls took. */
  | SyscallsQuestion;

/** What a tracer is asked. It never sends. */
export interface TracePlan {
  readonly questions: readonly TraceQuestion[];
  /** Inode number of the network namespace to keep to. Default: that in which the tracer is started. */
  readonly netns?: number | 'any' | undefined;
  /** As `0-3,8`. Default: all. */
  readonly cpus?: string | undefined;
  readonly durationNs?: number | undefined;
  /** Room for events on their way out of the kernel, a power of 2. */
  readonly ringBytes?: number | undefined;
  /** Which packets are probes. */
  readonly watches?: readonly Watch[] | undefined;
  /** Of their prober, 32 hexadecimal digits. */
  readonly secret?: string | undefined;
}
