import { MS, SECOND } from '../../model/time.js';
import { FAMILIES, firewallRules } from '../firewall-rules.js';
import type { NodeFiles } from '../node-files.js';
import { type Check, type Judgement, unknown } from './check.js';

const LOCKS = '/proc/locks';
/** So long a change may take before it is told; iptables-restore of a thousand rules takes some 10 ms. */
const NOTICE_NS = SECOND;
/** Locks of which the owner's name is asked. */
const MOST_OWNERS = 64;
const CHANGES_RULES = /^(?:ip6?tables|xtables|ebtables|arptables|nft$)/;

/** One line of /proc/locks about a whole file (flock). */
interface Flock {
  readonly file: string;
  readonly process: number;
  readonly waits: boolean;
}

/** iptables-restore that takes seconds: services change late, and others that change rules wait for its lock. */
export const firewallChanges: Check = {
  name: 'firewall-changes',
  about:
    'who is at work to change rules of the firewall, since when, and who holds the lock of iptables and waits for it',
  threshold: `wrong: one process holds the lock of iptables at both readings and others wait; notice: somebody waits for it, or has been at work for ${NOTICE_NS / SECOND} s`,
  source: 'iptables(8), -w; kubernetes#48107 (time-outs of the lock), #34006, #96018 (12 s for 700,000 lines)',
  reads: (known) => [
    `read ${LOCKS}`,
    'rules ipv4',
    ...flocks(known)
      .slice(0, MOST_OWNERS)
      .map(({ process }) => `read /proc/${process}/comm`),
  ],
  rereads: () => [`read ${LOCKS}`, 'rules ipv4'],
  judge: ({ before, after }) => {
    const [first, last] = [before.text(LOCKS), after.text(LOCKS)];
    if (first.kind === 'none' || last.kind === 'none')
      return [unknown(first.kind === 'none' ? first.why : before.whyNot(LOCKS))];
    const seconds = ((last.atNs - first.atNs) / SECOND).toFixed(1);
    const [then, now] = [lockOfIptables(before, before), lockOfIptables(after, before)];
    const holder = now.holder ?? then.holder;
    const waiting = Math.max(then.waiting, now.waiting);
    const held = then.holder !== undefined && then.holder === now.holder;
    const work = [...atWork(before), ...atWork(after)].sort((a, b) => b.ageNs - a.ageNs);
    const [longest] = work;
    const longestNs = longest?.ageNs ?? 0;
    const measured = { waiting, heldThroughout: Number(held), longestMs: Math.round(longestNs / MS) };
    const parts = [
      holder === undefined
        ? 'nobody held the lock of iptables'
        : `${nameOf(before, after, holder)} held the lock of iptables${held ? ` for ${seconds} s at least` : ''}, ${waiting} waited`,
      ...(longest === undefined
        ? []
        : [`${longest.name}[${longest.process}] at work for ${(longestNs / SECOND).toFixed(1)} s`]),
    ];
    const state: Judgement['state'] =
      held && waiting > 0 ? 'wrong' : waiting > 0 || held || longestNs >= NOTICE_NS ? 'notice' : 'ok';
    const remedy =
      'see firewall-rules: fewer rules, or kube-proxy in another mode; changes that collide: a longer minSyncPeriod, iptables -w everywhere, one program that owns the rules';
    return [{ state, detail: parts.join('; '), measured, ...(state === 'ok' ? {} : { remedy }) }];
  },
};

/** The file that a program which changes rules has locked, or waits for: its holder, and how many wait. */
function lockOfIptables(files: NodeFiles, names: NodeFiles): { holder: number | undefined; waiting: number } {
  const locks = flocks(files);
  const known = new Set(atWork(files).map(({ process }) => process));
  const isOne = ({ process }: Flock): boolean => {
    const comm = names.text(`/proc/${process}/comm`);
    return known.has(process) || (comm.kind === 'text' && CHANGES_RULES.test(comm.text));
  };
  const file = locks.find(isOne)?.file;
  if (file === undefined) return { holder: undefined, waiting: 0 };
  const own = locks.filter((lock) => lock.file === file);
  return { holder: own.find(({ waits }) => !waits)?.process, waiting: own.filter(({ waits }) => waits).length };
}

function nameOf(before: NodeFiles, after: NodeFiles, process: number): string {
  const comm = before.text(`/proc/${process}/comm`);
  const known = [...atWork(after), ...atWork(before)].find((one) => one.process === process)?.name;
  return `${known ?? (comm.kind === 'text' ? comm.text.trim() : 'process')}[${process}]`;
}

const atWork = (files: NodeFiles) => firewallRules(files, FAMILIES[0])?.atWork ?? [];

/** `1: FLOCK  ADVISORY  WRITE 4711 00:19:1053 0 EOF`, and `1: -> FLOCK …` for one that waits. */
function flocks(files: NodeFiles): Flock[] {
  const reading = files.text(LOCKS);
  if (reading.kind === 'none') return [];
  return [...reading.text.matchAll(/^\d+: (-> )?FLOCK\s+\S+\s+WRITE\s+(\d+)\s+(\S+)/gm)].map(
    ([, arrow, process, file = '']) => ({ file, process: Number(process), waits: arrow !== undefined }),
  );
}
