import { FAMILIES, type Family, type FirewallRules, firewallRules } from '../firewall-rules.js';
import { type Check, type Judgement, unknown } from './check.js';

/** Of one table, which every change of a service may rewrite. */
const NOTICE = 20_000;
const WRONG = 100_000;
/** Of one chain, which the first packet of a connection may have to walk through. */
const LONG_CHAIN = 5_000;
const WORDS: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };
const REMEDY =
  'kube-proxy: mode nftables (Kubernetes 1.31 and newer, Linux 5.13) or ipvs, or a longer iptables.minSyncPeriod; remove what nobody uses any more: iptables-save | grep -c KUBE-SEP, and by chain with sort | uniq -c';

/** Very many rules: each change takes seconds of a CPU, and the first packet of each connection walks through them. */
export const firewallRuleCount: Check = {
  name: 'firewall-rules',
  about: 'how many rules iptables and nftables have, and the longest chain of nftables',
  threshold: `notice: more than ${NOTICE} rules in a table, or ${LONG_CHAIN} in a chain; wrong: more than ${WRONG} rules`,
  source:
    'kubernetes#96018 (iptables-restore is slow from 100,000 lines on), #14870 (164,757 rules, seconds for a connection), kubernetes.io/blog/2025/02/28/nftables-kube-proxy',
  reads: () => FAMILIES.map((family) => `rules ${family}`),
  judge: ({ before }) => FAMILIES.map((family) => judged(WORDS[family], firewallRules(before, family))),
};

function judged(subject: string, rules: FirewallRules | undefined): Judgement {
  if (rules === undefined || (rules.tables === null && rules.nftables === null))
    return unknown('the kernel does not say without CAP_NET_ADMIN', subject);
  const { tables, nftables } = rules;
  const counts = [
    ...Object.entries(tables ?? {}).map(([table, count]) => ({ words: `${count} in ${table}`, count })),
    ...(nftables === null
      ? []
      : [
          {
            words: `${nftables.complete ? '' : 'more than '}${nftables.rules} in nftables`,
            count: nftables.rules,
          },
        ]),
  ].filter(({ count }) => count > 0);
  const most = Math.max(0, ...counts.map(({ count }) => count));
  const longest = nftables?.longest ?? 0;
  const chain = longest > LONG_CHAIN ? `; ${longest} in chain ${nftables?.chain}` : '';
  const detail = counts.length === 0 ? 'no rules' : `rules: ${counts.map(({ words }) => words).join(', ')}${chain}`;
  const measured = { rules: counts.reduce((sum, { count }) => sum + count, 0), most, longest };
  const state = most > WRONG ? 'wrong' : most > NOTICE || longest > LONG_CHAIN ? 'notice' : 'ok';
  return { state, subject, detail, measured, ...(state === 'ok' ? {} : { remedy: REMEDY }) };
}
