import { formatMs } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import type { Accused } from '../../model/explanation.js';

/** Probes that are named; all of them stand in the JSON. */
const SHOWN_PROBES = 3;

/** `memstat-reader[8867] in read(/a/memory.stat) on CPU 1 of node (bh-off-in-syscall)`. */
export function accusedName(accused: Accused): string {
  const { process, pids, syscall, file, handler, cpus, vantage, class: kind, rxray } = accused;
  const who =
    process === null
      ? handler === null
        ? 'no process'
        : `the handler of softirq ${handler}`
      : `${process}${pidsOf(pids)}`;
  const call = syscall === null ? '' : ` in ${syscall}(${file ?? ''})`;
  const place = cpus.length === 0 ? `on ${vantage}` : `on CPU ${cpus.join(', ')} of ${vantage}`;
  return `${rxray ? 'rxray itself: ' : ''}${who}${call} ${place} (${kind})`;
}

function pidsOf(pids: Accused['pids']): string {
  if (pids.length === 0) return '';
  return `[${pids.slice(0, SHOWN_PROBES).join(', ')}${pids.length > SHOWN_PROBES ? ', …' : ''}]`;
}

/** `explains 6 incidents, 100 % of those since it was traced, had the CPU for up to 187.7 ms of a wait`. */
export function accusedShare({ incidents, share, longestNs }: Accused): string {
  return `explains ${count(incidents.length, 'incident')}, ${Math.round(share * 100)} % of those since it was traced, had the CPU for up to ${formatMs(longestNs)} of a wait`;
}

/** Who held the packets back, what that rests on, and what would help: the lines of a verdict's culprit. */
export function accusedLines(accused: Accused): string[] {
  const { cgroup, pod, probes, stack } = accused;
  const place = [pod === null ? '' : `pod ${pod}`, cgroup === null ? '' : `cgroup ${cgroup}`].filter(Boolean);
  const slowest = [...probes].sort((a, b) => b.delayNs - a.delayNs).slice(0, SHOWN_PROBES);
  const named = slowest.map(({ path, seq, delayNs }) => `${path} seq ${seq} by ${formatMs(delayNs)}`).join(', ');
  return [
    `CULPRIT  ${accusedName(accused)}`,
    `         ${accusedShare(accused)}`,
    ...(probes.length === 0
      ? []
      : [`         delayed ${count(probes.length, 'probe')}: ${named}${probes.length > SHOWN_PROBES ? ', …' : ''}`]),
    ...(place.length === 0 ? [] : [`         ${place.join(', ')}`]),
    ...(stack.length === 0 ? [] : [`         stack: ${stack.slice(0, 8).join(' ← ')}`]),
    `         what would help: ${accused.fix}`,
  ];
}
