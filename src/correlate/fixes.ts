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
];

/** One sentence about what would help. */
export function fixFor(
  kind: StallClass,
  holder: Holder | undefined,
  file: string | undefined,
  handler: string | null,
): string {
  const known = file === undefined ? undefined : SLOW_FILES.find(([pattern]) => pattern.test(file));
  if (known) return known[1];
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
