// Generated from docs/kernels/*.json by npm run kernels: do not edit.

/** Kernels that rxray's helpers were run on, and the questions of the tracer that each answered. */
export const TRIED_KERNELS: readonly {
  readonly major: number;
  readonly minor: number;
  readonly machine: string;
  readonly realTime: boolean;
  readonly traces: readonly string[];
}[] = [
  { major: 5, minor: 10, machine: 'x86_64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
  { major: 6, minor: 1, machine: 'x86_64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
  { major: 6, minor: 12, machine: 'x86_64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
  { major: 6, minor: 12, machine: 'x86_64', realTime: true, traces: ['stall', 'rx', 'syscalls'] },
  { major: 7, minor: 2, machine: 'x86_64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
  { major: 6, minor: 1, machine: 'aarch64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
  { major: 6, minor: 12, machine: 'aarch64', realTime: false, traces: ['stall', 'rx', 'syscalls'] },
];
