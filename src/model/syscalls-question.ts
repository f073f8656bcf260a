/** What `trace syscalls` asks of a tracer; filters of different kinds must all match, of one kind any. */
export interface SyscallsQuestion {
  readonly question: 'syscalls';
  /** Tell calls of this length and longer one by one. */
  readonly minNs?: number;
  /** Read the clock at the begin and the end of every call, where ticks would do to tell the short ones. */
  readonly exact?: boolean;
  readonly summary?: boolean;
  readonly stacks?: boolean;
  /** Totals that have changed, and calls in flight, at this interval. */
  readonly everyNs?: number;
  readonly inFlight?: boolean;
  /** Keep the last calls of up to this many cgroups. */
  readonly recorderCgroups?: number;
  /** Dump what the recorder has of a cgroup when a call of it takes so long; default: everything at the end. */
  readonly dumpOnSlowNs?: number;
  readonly pids?: readonly number[];
  /** With the processes that they start from now on. */
  readonly follow?: boolean;
  /** A process that is about to execute the command to be traced, with all that it starts. */
  readonly command?: number;
  /** A process that is left out. */
  readonly spare?: number;
  /** Names of threads or processes. */
  readonly comms?: readonly string[];
  readonly cgroups?: readonly string[];
  readonly containers?: readonly string[];
  readonly pods?: readonly string[];
  /** Names of system calls. */
  readonly calls?: { readonly except: boolean; readonly names: readonly string[] };
  /** Keep to the tracer's network namespace. */
  readonly ownNetns?: boolean;
}
