import { perCpuTable } from '../per-cpu-table.js';
import { counted } from '../softnet-stat.js';
import { type Check, type Judgement, unknown } from './check.js';

const FAMILIES = [
  {
    name: 'IPv4',
    stat: '/proc/net/stat/arp_cache',
    most: '/proc/sys/net/ipv4/neigh/default/gc_thresh3',
    option: 'net.ipv4.neigh.default.gc_thresh',
  },
  {
    name: 'IPv6',
    stat: '/proc/net/stat/ndisc_cache',
    most: '/proc/sys/net/ipv6/neigh/default/gc_thresh3',
    option: 'net.ipv6.neigh.default.gc_thresh',
  },
] as const;
const NOTICE = 0.8;

/** A full table of neighbours drops what goes to a new one, and throws out others that are in use. */
export const neighbourTable: Check = {
  name: 'neighbour-table',
  about: 'entries of the ARP and NDP tables against gc_thresh3, and what found them full',
  threshold: `wrong: any table_fulls in the interval, or as many entries as may be; notice: more than ${NOTICE * 100} % of gc_thresh3`,
  source: 'net/core/neighbour.c: "neighbour table overflow!"; kops#4533',
  reads: () => FAMILIES.flatMap(({ stat, most }) => [`read ${stat}`, `read ${most}`]),
  rereads: () => FAMILIES.map(({ stat }) => `read ${stat}`),
  judge: ({ before, after }) => {
    const judged = FAMILIES.flatMap(({ name, stat, most, option }): Judgement[] => {
      const [first, last, limit] = [before.text(stat), after.text(stat), before.text(most)];
      if (first.kind === 'none') return [];
      const then = table(first.text);
      const now = last.kind === 'none' ? then : table(last.text);
      // Of another network namespace the limit is not shown: it is that of the machine.
      const limitEntries = limit.kind === 'none' ? undefined : Number(limit.text);
      const fulls = counted(then.fulls, now.fulls);
      const measured = { entries: now.entries, most: limitEntries ?? 0, fulls };
      const detail = `${now.entries} entries${limitEntries === undefined ? '' : ` of ${limitEntries}`}, found full ${fulls} times`;
      const share = limitEntries === undefined || !(limitEntries > 0) ? 0 : now.entries / limitEntries;
      const state = fulls > 0 || share >= 1 ? 'wrong' : share > NOTICE ? 'notice' : 'ok';
      const remedy = `raise ${option}1, 2 and 3 together, above the number of neighbours (pods and nodes of the same link)`;
      return [{ state, subject: name, detail, measured, ...(state === 'ok' ? {} : { remedy }) }];
    });
    return judged.length > 0 ? judged : [unknown(before.whyNot(FAMILIES[0].stat))];
  },
};

/** Entries stand in each line anew, other counters by CPU. */
function table(text: string): { entries: number; fulls: number } {
  const { first, totals } = perCpuTable(text);
  return { entries: first.get('entries') ?? 0, fulls: totals.get('table_fulls') ?? 0 };
}
