import type { StallClass } from '../model/culprit.js';
import type { Holder } from '../model/kernel-event.js';

/** What is known of readers of files that take the kernel long. */
const SLOW_FILES: readonly (readonly [file: RegExp, sentence: string])[] = [
  [
    /\/memory\.(stat|numa_stat)$/,
    'read memory.stat less often (kubelet and cAdvisor: housekeeping interval, --disable_root_cgroup_stats), free zombie memory cgroups (echo 2 > /proc/sys/vm/drop_caches), or take a kernel with per-cgroup flushing (5.13 on)',
  ],
  [
    /\/(smaps|smaps_rollup|clear_refs)$/,
    'scan the memory of processes less often (cAdvisor: leave out referenced_memory)',
  ],
  [
    /^\/?(proc\/)?slabinfo$/,
    'read /proc/slabinfo less often: the kernel walks through lists of slabs with interrupts off; shrink what fills them (mostly dentries: echo 2 > /proc/sys/vm/drop_caches)',
  ],
];

/** What is known of functions of the kernel that hold a CPU for long. */
const SLOW_FUNCTIONS: readonly (readonly [name: RegExp, sentence: string, unless?: RegExp])[] = [
  [
    /^estimation_timer$/,
    'the estimators of IPVS are summed up there: sysctl net.ipv4.vs.run_estimation=0, or Linux 6.2 and newer (rxray check --only ipvs-modes)',
  ],
  [
    /^(xt_replace_table|__?do_replace|ip6?t_register_table|nf_tables_commit|nf_tables_abort|nft_commit_.*)$/,
    'rules of the firewall are replaced there: fewer rules, fewer changes, kube-proxy in mode nftables or ipvs (rxray check --only firewall-rules --only firewall-changes)',
  ],
  [
    /^(compact_zone|try_to_compact_pages|__alloc_pages_direct_compact)$/,
    'memory is compacted there for a large allocation: no transparent huge pages on demand (defrag=madvise or defer), a higher vm.min_free_kbytes (rxray check --only memory-compaction)',
  ],
  [
    /^bpf_prog_[0-9a-f]{16}(_|$)/,
    'a BPF program runs there, on the time of whoever it watches: agents for security and tracing attach such; sysctl kernel.bpf_stats_enabled=1 and bpftool prog show tell the time of each',
    // Whoever runs one by bpf() itself is no victim of it.
    /^(__sys_bpf|bpf_prog_test_run\w*)$/,
  ],
];

/** Classes in which somebody held the CPU at work that its stack shows. */
const HOLDING: ReadonlySet<StallClass> = new Set([
  'bh-off-in-syscall',
  'softirq-handler',
  'kthread-starved',
  'irq-off',
]);

/** One sentence about what would help. @param stack of the kernel, while it was held */
export function fixFor(
  kind: StallClass,
  holder: Holder | undefined,
  file: string | undefined,
  handler: string | null,
  stack: readonly string[] = [],
): string {
  const known = file === undefined ? undefined : SLOW_FILES.find(([pattern]) => pattern.test(file));
  if (known) return known[1];
  const slow = HOLDING.has(kind)
    ? SLOW_FUNCTIONS.find(
        ([pattern, , unless]) =>
          stack.some((name) => pattern.test(name)) && !stack.some((name) => unless?.test(name) === true),
      )
    : undefined;
  if (slow) return slow[1];
  const who = holder === undefined ? 'it' : holder.threadName;
  switch (kind) {
    case 'bh-off-in-syscall':
      return `make ${who} call this less often or ask for less at once, or keep it from the CPUs that receive (cpuset, taskset); a kernel that holds softirqs off for less is the cure`;
    case 'softirq-handler':
      return `find out what the ${handler ?? 'other'} handler works on (the stack names it), and move that or the receive queue to another CPU`;
    case 'kthread-starved':
      return `give the receiving thread a CPU of its own or a real-time priority (chrt -f -p 50 TID), or keep ${who} from its CPU`;
    case 'irq-off':
      return `keep ${who} from the CPUs that receive; what it calls switches interrupts off too long, which only a change of the kernel or driver cures`;
    case 'budget':
      return 'spread the load over more receive queues or CPUs, or raise net.core.netdev_budget and netdev_budget_usecs';
    case 'rps-backlog':
      return 'spread receiving over more CPUs (rps_cpus, more queues), or give this CPU less else to do';
    case 'steal':
      return 'ask who runs the hypervisor: this machine was paused; nothing on it is to blame';
    case 'unattributed':
      return 'see what shared that CPU (--samples), and whether the machine itself was paused (steal in /proc/stat)';
    case 'not-this-node':
      return 'packets that waited did so before this kernel took them: look at its card and its sleep (rxray check --only idle-states --only ring-overruns --only pause-frames), then at the other machine and the network between';
  }
}
