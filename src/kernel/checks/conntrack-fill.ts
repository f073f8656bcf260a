import { type Check, unknown } from './check.js';

const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const NOTICE = 0.85;
const WRONG = 0.95;

/** A full table drops the first packet of every new connection. */
export const conntrackFill: Check = {
  name: 'conntrack-fill',
  about: 'how full the table of tracked connections is',
  threshold: `notice: more than ${NOTICE * 100} % of nf_conntrack_max; wrong: more than ${WRONG * 100} %`,
  source: 'netdata alert netfilter_conntrack_full (85 to 95 %)',
  reads: () => [`read ${COUNT}`, `read ${MAX}`],
  judge: ({ before }) => {
    const [count, max] = [before.text(COUNT), before.text(MAX)];
    if (count.kind === 'none') {
      if (before.failure(COUNT) === 'ENOENT') return [unknown('connection tracking is not loaded here')];
      return [unknown(count.why)];
    }
    if (max.kind === 'none') return [unknown(max.why)];
    const entries = Number(count.text);
    const most = Number(max.text);
    if (!(most > 0)) return [{ state: 'ok', detail: `${entries} entries, no limit`, measured: { entries } }];
    const share = entries / most;
    const detail = `${entries} of ${most} entries, ${(share * 100).toFixed(1)} %`;
    const measured = { entries, most, share };
    if (share <= NOTICE) return [{ state: 'ok', detail, measured }];
    return [
      {
        state: share > WRONG ? 'wrong' : 'notice',
        detail,
        measured,
        remedy:
          'see what fills it (conntrack -L); raise net.netfilter.nf_conntrack_max with the buckets in proportion, or shorten the timeouts; NOTRACK what needs no tracking',
      },
    ];
  },
};
