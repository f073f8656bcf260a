import { type Check, unknown } from './check.js';

const VMSTAT = '/proc/vmstat';
const NOTICE_PER_SECOND = 1;

/** A process that allocates may have to move memory first, or wait for it: direct compaction and reclaim. */
export const memoryCompaction: Check = {
  name: 'memory-compaction',
  about: 'allocations that had to compact or reclaim memory themselves (/proc/vmstat)',
  threshold: `notice: more than ${NOTICE_PER_SECOND} a second`,
  source: 'Documentation/admin-guide/mm/transhuge.rst; scylladb#8828, redpanda#10418',
  reads: () => [`read ${VMSTAT}`],
  rereads: () => [`read ${VMSTAT}`],
  judge: ({ before, after }) => {
    const [first, last] = [before.text(VMSTAT), after.text(VMSTAT)];
    if (first.kind === 'none') return [unknown(first.why)];
    if (last.kind === 'none') return [unknown(last.why)];
    const change = (form: RegExp): number => sum(last.text, form) - sum(first.text, form);
    const compacted = change(/^compact_stall (\d+)$/gm);
    const reclaimed = change(/^allocstall\w* (\d+)$/gm);
    const seconds = (last.atNs - first.atNs) / 1e9;
    const detail = `${compacted} compacted and ${reclaimed} reclaimed in ${seconds.toFixed(1)} s`;
    const measured = { compacted, reclaimed, seconds };
    if ((compacted + reclaimed) / Math.max(seconds, 0.001) <= NOTICE_PER_SECOND)
      return [{ state: 'ok', detail, measured }];
    return [
      {
        state: 'notice',
        detail,
        measured,
        remedy:
          'more free memory (vm.min_free_kbytes), or transparent huge pages by madvise: echo madvise > /sys/kernel/mm/transparent_hugepage/defrag',
      },
    ];
  },
};

function sum(text: string, form: RegExp): number {
  return [...text.matchAll(form)].reduce((total, [, value]) => total + Number(value), 0);
}
