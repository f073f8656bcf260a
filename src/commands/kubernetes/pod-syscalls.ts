import { SECOND } from '../../model/time.js';
import type { Io } from '../terminal/io.js';
import type { TraceScope } from '../trace/trace-scope.js';
import { traceSyscalls } from '../trace/trace-syscalls.js';

export interface PodSyscallsOptions {
  readonly scope: TraceScope;
  /** undefined: all processes of the node. */
  readonly podUid: string | undefined;
  readonly minNs: number;
  readonly summary: boolean;
}

const ROWS = 40;

/** `kubectl rxray trace syscalls`: the kernel knows pods by their uid, as the kubelet names their cgroups. */
export function podSyscalls({ scope, podUid, minNs, summary }: PodSyscallsOptions, io: Io): Promise<number> {
  const totals = summary ? { summary: true } : { minNs };
  const question = { question: 'syscalls', ...totals, pods: podUid === undefined ? undefined : [podUid] } as const;
  const report = { top: false, everyNs: SECOND, by: 'process-call', sort: 'time' } as const;
  return traceSyscalls({ ...scope, question, command: [], report, rows: ROWS }, io);
}
