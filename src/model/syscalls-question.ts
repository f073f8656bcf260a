/** What `trace syscalls` asks of a tracer; filters of different kinds must all match, of one kind any. */
export interface SyscallsQuestion {
  readonly question: 'syscalls';
  /** Tell calls of this length and longer one by one. */
  readonly minNs?: number | undefined;
  /** Read the clock at the begin and the end of every call, where ticks would do to tell the short ones. */
  readonly exact?: boolean | undefined;
  /** Find long calls by switches and samples, without a hook on every call: `minNs` is 10 ms or more, and no totals. */
  readonly sparing?: boolean | undefined;
  readonly summary?: boolean | undefined;
  readonly stacks?: boolean | undefined;
  /** Totals that have changed, and calls in flight, at this interval. */
  readonly everyNs?: number | undefined;
  readonly inFlight?: boolean | undefined;
  /** Keep the last calls of up to this many cgroups. */
  readonly recorderCgroups?: number | undefined;
  /** Dump what the recorder has of a cgroup when a call of it takes so long; default: everything at the end. */
  readonly dumpOnSlowNs?: number | undefined;
  readonly pids?: readonly number[] | undefined;
  /** With the processes that they start from now on. */
  readonly follow?: boolean | undefined;
  /** A process that is about to execute the command to be traced, with all that it starts. */
  readonly command?: number | undefined;
  /** A process that is left out. */
  readonly spare?: number | undefined;
  /** Names of threads or processes. */
  readonly comms?: readonly string[] | undefined;
  readonly cgroups?: readonly string[] | undefined;
  readonly containers?: readonly string[] | undefined;
  readonly pods?: readonly string[] | undefined;
  /** Names of system calls. */
  readonly calls?: { readonly except: boolean; readonly names: readonly string[] } | undefined;
  /** Keep to the tracer's network namespace. */
  readonly ownNetns?: boolean | undefined;
}
