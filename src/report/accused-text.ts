import { formatMs } from '../format/duration.js';
import type { Accused } from '../model/explanation.js';
import { count } from './finding-line.js';

/** Probes that are named; all of them stand in the JSON. */
const SHOWN_PROBES = 3;

/** Who held the packets back, what that rests on, and what would help: the lines of a verdict's culprit. */
export function accusedLines(accused: Accused): string[] {
  const { process, pids, syscall, file, handler, cgroup, pod, cpus, probes, stack } = accused;
  const who =
    process === null
      ? handler === null
        ? 'no process'
        : `the handler of softirq ${handler}`
      : `${process}[${pids.slice(0, SHOWN_PROBES).join(', ')}${pids.length > SHOWN_PROBES ? ', …' : ''}]`;
  const call = syscall === null ? '' : ` in ${syscall}(${file ?? ''})`;
  const place = [pod === null ? '' : `pod ${pod}`, cgroup === null ? '' : `cgroup ${cgroup}`].filter(Boolean);
  const slowest = [...probes].sort((a, b) => b.delayNs - a.delayNs).slice(0, SHOWN_PROBES);
  const named = slowest.map(({ path, seq, delayNs }) => `${path} seq ${seq} by ${formatMs(delayNs)}`).join(', ');
  return [
    `CULPRIT  ${who}${call} on CPU ${cpus.join(', ')} of ${accused.vantage} (${accused.class})`,
    `         explains ${count(accused.incidents.length, 'incident')}, ${Math.round(accused.share * 100)} % of those since it was traced, up to ${formatMs(accused.longestNs)} at a time`,
    ...(probes.length === 0
      ? []
      : [`         delayed ${count(probes.length, 'probe')}: ${named}${probes.length > SHOWN_PROBES ? ', …' : ''}`]),
    ...(place.length === 0 ? [] : [`         ${place.join(', ')}`]),
    ...(stack.length === 0 ? [] : [`         stack: ${stack.slice(0, 8).join(' ← ')}`]),
    `         what would help: ${accused.fix}`,
  ];
}
