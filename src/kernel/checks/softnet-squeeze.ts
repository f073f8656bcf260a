import { type Check, type Judgement, unknown } from './check.js';
import { changedCpus, SOFTNET_READS, softnetInterval } from './softnet-change.js';

const PER_MINUTE = 10;
const LEAST = 2;

/** Softirq runs that ended with packets left over: the next ones wait behind whatever runs then. */
export const softnetSqueeze: Check = {
  name: 'softnet-squeeze',
  about: 'receive softirqs that ran out of budget (time_squeeze of /proc/net/softnet_stat)',
  threshold: `notice: more than ${PER_MINUTE} a minute on a CPU, and at least ${LEAST} in the interval`,
  source: 'netdata alert 1min_netdev_budget_ran_outs; Documentation/admin-guide/sysctl/net.rst',
  reads: () => SOFTNET_READS,
  rereads: () => SOFTNET_READS,
  judge: (node) => {
    const interval = softnetInterval(node);
    if (typeof interval === 'string') return [unknown(interval)];
    const { cpus, seconds } = interval;
    const high = cpus.flatMap(({ cpu, timeSqueeze }): Judgement[] =>
      timeSqueeze < LEAST || (timeSqueeze / seconds) * 60 <= PER_MINUTE
        ? []
        : [
            {
              state: 'notice',
              subject: `CPU ${cpu}`,
              detail: `${timeSqueeze} runs out of budget in ${seconds.toFixed(1)} s`,
              measured: { cpu, timeSqueeze, seconds },
              remedy:
                'spread receive work over more CPUs by RSS or RPS; then raise net.core.netdev_budget and netdev_budget_usecs together',
            },
          ],
    );
    if (high.length > 0) return high;
    const most = Math.max(0, ...cpus.map(({ timeSqueeze }) => timeSqueeze));
    return [
      {
        state: 'ok',
        detail: `${most === 0 ? 'none' : `at most ${most}`} in ${seconds.toFixed(1)} s on each of ${cpus.length} CPUs${changedCpus(interval)}`,
      },
    ];
  },
};
