import { countZombies, zombieOrders } from '../zombie-count.js';
import { type Check, unknown } from './check.js';

const MANY = 1000;

/** Removed memory groups that the kernel must keep: every sum over groups walks them as well. */
export const zombieGroups: Check = {
  name: 'zombie-groups',
  about: 'memory control groups that were removed but are still held',
  threshold: `notice: more than ${MANY}; wrong: more than ${MANY}, and more than there are live ones`,
  source:
    'sysAK cgcheck warns above 1000; Pinterest reported 68,680 groups against 240 directories where a card lost packets',
  budgetNs: 300_000_000,
  reads: zombieOrders,
  judge: ({ before }) => {
    const counted = countZombies(before);
    if (typeof counted === 'string') return [unknown(counted)];
    const { dying, live, version, wholeNode } = counted;
    const ratio = live === 0 ? dying : dying / live;
    const where = wholeNode ? '' : ', of this container alone';
    const detail = `${dying} dying, ${live} live (${ratio.toFixed(1)} to 1; cgroup v${version}${where})`;
    const measured = { dying, live, ratio, version };
    if (dying <= MANY) return [{ state: 'ok', detail, measured }];
    return [
      {
        state: dying > live ? 'wrong' : 'notice',
        detail,
        measured,
        remedy:
          'page cache and tmpfs files hold them: echo 2 > /proc/sys/vm/drop_caches (dentries and inodes), 3 also frees page cache; delete files in /dev/shm that nobody needs; restart less short-lived containers',
      },
    ];
  },
};
