import { formatMs } from '../../format/duration.js';
import { printableValue } from '../../format/printable.js';
import type { Culprit, NamedSample } from '../../model/culprit.js';
import { syscallName } from '../../model/syscall-names.js';

/** `memstat-reader[8867] in read(/a/memory.stat)`, or what it was if no process. */
export function accusedText(culprit: Culprit): string {
  const { process, syscall, handler, class: kind, rxray } = culprit;
  if (process === null) return kind === 'softirq-handler' ? `${handler} softirq handler` : NOBODY[kind];
  const own = rxray ? 'rxray itself: ' : '';
  const thread = process.threadName === process.name ? '' : `/${process.threadName}`;
  const name = `${own}${process.name}${thread}[${process.thread}]`;
  if (syscall === null) return name;
  const file =
    syscall.file === undefined
      ? ''
      : `${syscall.fileSystem === undefined || syscall.fileSystem === '' ? '' : `${syscall.fileSystem}:`}${syscall.file}`;
  return `${name} in ${syscall.name}(${file})`;
}

/** Who it was, where it was no process. */
const NOBODY: Readonly<Record<Culprit['class'], string>> = {
  'bh-off-in-syscall': 'no process',
  'softirq-handler': 'a softirq handler',
  'kthread-starved': 'no process',
  'irq-off': 'no process',
  budget: 'the receive work itself',
  'rps-backlog': 'the receive work itself',
  steal: 'the hypervisor',
  unattributed: 'nobody is named',
  'not-this-node': 'nobody on this node',
};

/** `had CPU 1 for 174.1 of the 175.0 ms that packets waited`: the same words and numbers wherever a wait is shown. */
export function heldText({ process, class: kind, cpu, heldNs, waitNs }: Culprit): string {
  const holds = process !== null || kind === 'softirq-handler';
  return holds
    ? `had CPU ${cpu} for ${(heldNs / 1e6).toFixed(1)} of the ${formatMs(waitNs)} that packets waited`
    : `packets waited ${formatMs(waitNs)} for a CPU`;
}

/** `on CPU 1 for 80.0 ms, then on CPU 0 for 10.0 ms`; empty where it was queued on one CPU all the while. */
export function queuedText({ queuedOn }: Culprit): string {
  if (queuedOn.length < 2) return '';
  return queuedOn.map(({ cpu, lengthNs }) => `on CPU ${cpu} for ${formatMs(lengthNs)}`).join(', then ');
}

/** One culprit for people: a line that says it all, and what it rests on. */
export function culpritText(told: Culprit, clock: (ns: number) => string): string {
  const culprit = printableValue(told);
  if (culprit.cpu < 0 && culprit.class === 'unattributed')
    return `${culprit.because}.\n  what would help: ${culprit.fix}\n`;
  if (culprit.class === 'not-this-node') return `not this node: ${culprit.because}.\n  ${culprit.fix}\n`;
  const queued = queuedText(culprit);
  const lines = [
    `${clock(culprit.start)}  CPU ${culprit.cpu}  ${culprit.class}  ${formatMs(culprit.process === null ? culprit.waitNs : culprit.lengthNs)}  ${accusedText(culprit)}`,
    `  ${heldText(culprit)}${queued === '' ? '' : `, queued ${queued}`}, then ${culprit.servedBy} handled them; ${culprit.because}`,
  ];
  const place = [
    culprit.pod === null ? '' : `pod ${culprit.pod}`,
    culprit.container === null ? '' : `container ${culprit.container.slice(0, 12)}`,
    culprit.cgroup === null ? '' : `cgroup ${culprit.cgroup}`,
  ].filter((text) => text !== '');
  if (place.length > 0) lines.push(`  ${place.join(', ')}`);
  const shares = culprit.shares
    .filter(({ share }) => share >= 0.005)
    .map(({ what, share }) => `${Math.round(share * 100)} % ${what}`);
  if (shares.length > 0) lines.push(`  of the delay: ${shares.join(' · ')}`);
  if (culprit.stack.length > 0) lines.push(`  stack: ${culprit.stack.join(' ← ')}`);
  lines.push(`  what would help: ${culprit.fix}`);
  return `${lines.join('\n')}\n`;
}

/** One sample, one line: how long before the release, who, and the stack from the outside in. */
export function sampleLine(told: NamedSample, releaseNs: number, architecture: number): string {
  const sample = printableValue(told);
  const before = ((sample.timeNs - releaseNs) / 1e6).toFixed(1).padStart(8);
  const mark = sample.isWithin ? '*' : ' ';
  if (sample.thread === 0 && sample.stack.length === 0) return `${before} ms ${mark} idle`;
  const call = sample.syscall < 0 ? '' : ` ${syscallName(sample.syscall, architecture)}`;
  return `${before} ms ${mark} ${sample.threadName}[${sample.thread}]${call}  ${[...sample.stack].reverse().join(';')}`;
}
