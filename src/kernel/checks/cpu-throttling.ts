import { formatLength } from '../../format/duration.js';
import { cgroupMounts, controllerMount, MOUNTS_READ, NO_CGROUPS, treeFailure, treeOrder } from '../cgroup-mounts.js';
import type { NodeFiles } from '../node-files.js';
import { type Check, type Judgement, unknown } from './check.js';

const WRONG = 0.25;
const SHOWN = 5;
/** Of groups without a quota nothing is read again. */
const REREAD = 500;
/** Fewer periods than this say nothing of a share. */
const LEAST_PERIODS = 5;

/** Groups that used up their CPU quota: their threads stand still until the next period, packets or not. */
export const cpuThrottling: Check = {
  name: 'cpu-throttling',
  about: 'control groups stopped because their CPU quota was used up (cpu.stat)',
  threshold: `wrong: in more than ${WRONG * 100} % of the periods; notice: at all`,
  source: 'kubernetes-mixin alert CPUThrottlingHigh (25 %)',
  budgetNs: 200_000_000,
  reads: (known) => {
    const mount = cpuMount(known);
    if (typeof mount === 'string') return [MOUNTS_READ];
    const groups = known.tree(mount.root)?.directories ?? [];
    return [MOUNTS_READ, treeOrder(mount), ...groups.map(({ path }) => `read ${mount.root}${path}/cpu.stat`)];
  },
  rereads: (known) =>
    withQuota(known)
      .slice(0, REREAD)
      .map((path) => `read ${path}`),
  judge: ({ before, after }) => {
    const mount = cpuMount(before);
    if (typeof mount === 'string') return [unknown(mount)];
    const tree = before.tree(mount.root);
    if (tree === undefined) return [unknown(treeFailure(before, mount))];
    const stats = before.paths(CPU_STAT).filter((path) => path.startsWith(`${mount.root}/`));
    if (stats.length === 0) return [unknown(before.whyNot(`${mount.root}/cpu.stat`))];
    const quota = withQuota(before);
    const throttled = quota.flatMap((path): Throttled[] => {
      const [first, last] = [before.text(path), after.text(path)];
      if (first.kind === 'none' || last.kind === 'none') return [];
      const [then, now] = [counters(first.text), counters(last.text)];
      const group = path.slice(mount.root.length, -'/cpu.stat'.length);
      return [
        {
          group: group === '' ? '/' : group,
          periods: now.periods - then.periods,
          throttled: now.throttled - then.throttled,
          throttledNs: now.throttledNs - then.throttledNs,
        },
      ];
    });
    const hit = throttled
      .filter((group) => group.throttled > 0)
      .sort((left, right) => right.throttled / right.periods - left.throttled / left.periods);
    if (hit.length > 0) return hit.slice(0, SHOWN).map(judgement);
    const looked = `${stats.length} of ${tree.complete ? '' : 'more than '}${tree.count} groups`;
    return [{ state: 'ok', detail: `none; ${quota.length} groups with a quota among ${looked}` }];
  },
};

const CPU_STAT = /\/cpu\.stat$/;

interface Throttled {
  readonly group: string;
  readonly periods: number;
  readonly throttled: number;
  readonly throttledNs: number;
}

function judgement({ group, periods, throttled, throttledNs }: Throttled): Judgement {
  const share = throttled / Math.max(1, periods);
  return {
    state: share > WRONG && periods >= LEAST_PERIODS ? 'wrong' : 'notice',
    subject: group,
    detail: `stopped in ${throttled} of ${periods} periods, ${formatLength(throttledNs)} in all`,
    measured: { periods, throttled, throttledNs, share },
    remedy:
      'raise the CPU limit of that container or let it use fewer threads; a limit is not needed where requests are set',
  };
}

function cpuMount(files: NodeFiles): { version: 1 | 2; root: string; controllers: readonly string[] } | string {
  const mounts = cgroupMounts(files);
  if (typeof mounts === 'string') return mounts;
  return controllerMount(mounts, 'cpu') ?? NO_CGROUPS;
}

/** Only groups with a quota count periods. */
function withQuota(files: NodeFiles): string[] {
  const mount = cpuMount(files);
  if (typeof mount === 'string') return [];
  return files.paths(CPU_STAT).filter((path) => {
    const reading = files.text(path);
    return path.startsWith(`${mount.root}/`) && reading.kind === 'text' && counters(reading.text).periods > 0;
  });
}

/** Version 1 counts nanoseconds in throttled_time, version 2 microseconds in throttled_usec. */
function counters(text: string): { periods: number; throttled: number; throttledNs: number } {
  const field = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    periods: field('nr_periods'),
    throttled: field('nr_throttled'),
    throttledNs: field('throttled_time') + field('throttled_usec') * 1000,
  };
}
