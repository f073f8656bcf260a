import { issuesOf, type KernelIssue, parseRelease } from '../kernel-issue.js';
import { isSlow, memoryStatReads } from '../memory-stat-reads.js';
import { mergedOrders } from '../orders.js';
import { countZombies } from '../zombie-count.js';
import { type Check, type Judgement, type NodeReadings, unknown } from './check.js';
import { cpuThrottling } from './cpu-throttling.js';
import { memoryStat } from './memory-stat.js';
import { zombieGroups } from './zombie-groups.js';

const RELEASE = '/proc/sys/kernel/osrelease';
const MANY_ZOMBIES = 1000;

/**
 * What kernels of this version are known for. A version alone accuses nobody: distributions carry fixes back and
 * keep the number. Where a measurement shows whether the node is hit, that decides.
 */
export const kernelIssues: Check = {
  name: 'kernel-issues',
  about: 'what kernels of this version are known for, and whether it shows here',
  threshold: 'notice: a version in the range of mainline, and what the issue looks like is measured here or cannot be',
  source: 'the commits named, and the first mainline release that has them',
  budgetNs: 300_000_000,
  reads: (known) =>
    mergedOrders([
      [`read ${RELEASE}`],
      ...[memoryStat, zombieGroups, cpuThrottling].map((check) => check.reads(known)),
    ]),
  rereads: (known) => mergedOrders([memoryStat, cpuThrottling].map((check) => check.rereads?.(known) ?? [])),
  judge: (node) => {
    const reading = node.before.text(RELEASE);
    if (reading.kind === 'none') return [unknown(reading.why)];
    const version = reading.text.trim();
    const release = parseRelease(version);
    if (release === undefined) return [unknown(`not a version of Linux: ${version}`)];
    const issues = issuesOf(release);
    if (issues.length === 0) return [{ state: 'ok', detail: `${version}: none known here` }];
    return issues.map((issue) => judgement(issue, version, node));
  },
};

function judgement(issue: KernelIssue, version: string, node: NodeReadings): Judgement {
  const { title, fixed, commit, backports } = issue;
  const subject = version;
  const until = `mended in ${fixed.join('.')} by ${commit}`;
  const seen = shown(issue, node);
  if (seen === 'not-seen') return { state: 'ok', subject, detail: `${title}: not seen here; ${until}` };
  const why =
    seen === 'seen' ? 'and what it looks like is measured here' : 'and nothing that can be read here shows it';
  const also = backports === undefined ? '' : `; ${backports}`;
  return {
    state: 'notice',
    subject,
    detail: `may be affected, ${why}: ${title}; ${until}`,
    remedy: `look for the commit in the changelog of your kernel, and take one that has it${also}`,
  };
}

function shown({ shows }: KernelIssue, node: NodeReadings): 'seen' | 'not-seen' | 'unknown' {
  const { before } = node;
  switch (shows) {
    case 'nothing':
      return 'unknown';
    case 'slow-memory-stat': {
      const found = memoryStatReads(node);
      if (typeof found === 'string') return 'unknown';
      return found.reads.some(isSlow) ? 'seen' : 'not-seen';
    }
    case 'many-zombies': {
      const found = countZombies(before);
      if (typeof found === 'string') return 'unknown';
      return found.dying > MANY_ZOMBIES ? 'seen' : 'not-seen';
    }
    case 'throttling': {
      const states = cpuThrottling.judge(node).map(({ state }) => state);
      if (states.includes('unknown')) return 'unknown';
      return states.includes('wrong') || states.includes('notice') ? 'seen' : 'not-seen';
    }
  }
}
