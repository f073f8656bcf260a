import { perCpuTable } from '../per-cpu-table.js';
import { counted } from '../softnet-stat.js';
import { type Check, type Judgement, UnforeseenText, unknown } from './check.js';

const STAT = '/proc/net/stat/nf_conntrack';

/** Packets that connection tracking itself dropped. */
export const conntrackInsert: Check = {
  name: 'conntrack-insert',
  about: 'packets dropped because their connection could not be entered (/proc/net/stat/nf_conntrack)',
  threshold: 'wrong: any drop or early_drop in the interval; notice: any insert_failed',
  source: 'net/netfilter/nf_conntrack_core.c: each of them is a packet or a connection that was lost',
  reads: () => [`read ${STAT}`],
  rereads: () => [`read ${STAT}`],
  judge: ({ before, after }) => {
    const [first, last] = [before.text(STAT), after.text(STAT)];
    if (first.kind === 'none') {
      if (before.failure(STAT) === 'ENOENT') return [unknown('connection tracking is not loaded here')];
      return [unknown(first.why)];
    }
    if (last.kind === 'none') return [unknown(last.why)];
    const [then, now] = [totals(first.text), totals(last.text)];
    const change = (name: string): number => counted(then.get(name) ?? 0, now.get(name) ?? 0);
    const measured = {
      insertFailed: change('insert_failed'),
      dropped: change('drop'),
      earlyDrop: change('early_drop'),
    };
    const { insertFailed, dropped, earlyDrop } = measured;
    const seconds = ((last.atNs - first.atNs) / 1e9).toFixed(1);
    const detail = `${dropped} dropped, ${earlyDrop} entries pushed out early, ${insertFailed} not inserted in ${seconds} s`;
    const judgement = (state: Judgement['state'], remedy: string): Judgement[] => [{ state, detail, measured, remedy }];
    if (dropped + earlyDrop > 0) {
      return judgement('wrong', 'the table is full: see conntrack-fill');
    }
    if (insertFailed > 0) {
      return judgement(
        'notice',
        'two packets of one new connection race, mostly parallel DNS queries over NAT: use a node-local DNS cache, single-request-reopen in resolv.conf, or --random-fully of the masquerade rule',
      );
    }
    return [{ state: 'ok', detail, measured }];
  },
};

/** By the names of the columns, in which kernels differ. */
function totals(text: string): ReadonlyMap<string, number> {
  const sums = perCpuTable(text).totals;
  if (!sums.has('drop')) throw new UnforeseenText('nf_conntrack has no column drop');
  return sums;
}
