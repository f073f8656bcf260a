import { countZombies, zombieOrders } from '../zombie-count.js';
import { type Check, unknown } from './check.js';

const NOTICE = 20_000;
const WRONG = 100_000;

/** Living groups cost too: whoever looks at all of them (kubelet, cAdvisor, agents) keeps a CPU for as long. */
export const liveGroups: Check = {
  name: 'live-groups',
  about: 'how many memory control groups are alive',
  threshold: `notice: more than ${NOTICE}; wrong: more than ${WRONG}`,
  source: 'post-mortem of a node with 182,000 groups that kubelet walked, ksoftirqd starved meanwhile',
  budgetNs: 300_000_000,
  reads: zombieOrders,
  judge: ({ before }) => {
    const counted = countZombies(before);
    if (typeof counted === 'string') return [unknown(counted)];
    const { live } = counted;
    const measured = { live };
    if (live <= NOTICE) return [{ state: 'ok', detail: `${live} groups`, measured }];
    return [
      {
        state: live > WRONG ? 'wrong' : 'notice',
        detail: `${live} groups are alive`,
        measured,
        remedy:
          'find what makes them and does not remove them: systemd-cgls --no-pager, or by depth: find /sys/fs/cgroup -type d | cut -d/ -f1-6 | sort | uniq -c | sort -n',
      },
    ];
  },
};
