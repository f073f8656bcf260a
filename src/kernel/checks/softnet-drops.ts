import { type Check, type Judgement, unknown } from './check.js';
import { changedCpus, SOFTNET_READS, softnetInterval } from './softnet-change.js';

/** A short interval sees a minute's ten as one; one alone is no rate yet. */
const PER_MINUTE = 10;
const LEAST = 2;

/** Packets dropped because a CPU's backlog was full, or one flow had too much of it. */
export const softnetDrops: Check = {
  name: 'softnet-drops',
  about: "packets dropped at a CPU's full backlog (/proc/net/softnet_stat)",
  threshold: `more than ${PER_MINUTE} a minute on a CPU, and at least ${LEAST} in the interval`,
  source: 'netdata alert 1min_netdev_backlog_exceeded; Documentation/networking/scaling.rst for the flow limit',
  reads: () => SOFTNET_READS,
  rereads: () => SOFTNET_READS,
  judge: (node) => {
    const interval = softnetInterval(node);
    if (typeof interval === 'string') return [unknown(interval)];
    const { cpus, sinceStart, seconds } = interval;
    const high = cpus.flatMap(({ cpu, dropped, flowLimit }): Judgement[] => {
      const lost = dropped + flowLimit;
      if (lost < LEAST || (lost / seconds) * 60 <= PER_MINUTE) return [];
      const limit = flowLimit === 0 ? '' : `, and ${flowLimit} at the limit of one flow`;
      return [
        {
          state: 'wrong',
          subject: `CPU ${cpu}`,
          detail: `${dropped} packets dropped in ${seconds.toFixed(1)} s${limit}`,
          measured: { cpu, dropped, flowLimit, seconds },
          remedy:
            'find what holds that CPU (rxray trace stall); spread receive work by RSS or RPS; raise net.core.netdev_max_backlog only for bursts',
        },
      ];
    });
    if (high.length > 0) return high;
    const ever = [...sinceStart].filter(([, counters]) => counters.dropped > 0);
    const past = ever.map(([cpu, { dropped }]) => `${dropped} on CPU ${cpu}`).join(', ');
    const none = `no more than ${LEAST - 1} in ${seconds.toFixed(1)} s on each of ${cpus.length} CPUs`;
    return [
      { state: 'ok', detail: `${none}${past === '' ? '' : `; since the start ${past}`}${changedCpus(interval)}` },
    ];
  },
};
