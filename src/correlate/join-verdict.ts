import type { Accused, Explanation } from '../model/explanation.js';
import type { Verdict } from '../model/verdict.js';

/**
 * The verdict with what the kernel of the traced machines says of it: the culprit where one explains the incidents, else
 * a note of what was looked for and not found.
 *
 * @param traced machines that were asked
 */
export function joinVerdict(verdict: Verdict, explanation: Explanation, traced: readonly string[]): Verdict {
  const { incidents, explained, paused, conclusion } = explanation;
  if (traced.length === 0 || incidents === 0) return verdict;
  const blamed = verdict.where === null ? [] : [verdict.where].flat();
  const accused = explanation.accused.filter((one) => one.class !== 'steal' && one.incidents.length > 0);
  const culprit = accused.find(({ vantage }) => blamed.includes(vantage));
  if (culprit !== undefined && (conclusion === 'culprit' || conclusion === 'partly')) {
    const others = explained < incidents ? [rest(explanation)] : [];
    return noted({ ...verdict, culprit }, others);
  }
  const [other] = accused;
  if (other !== undefined && conclusion === 'culprit') {
    return noted(verdict, [
      `the kernel of ${other.vantage} shows who held packets back there in ${other.incidents.length} of ${incidents} incidents: ${nameOf(other)}`,
    ]);
  }
  if (conclusion === 'steal') {
    return noted(verdict, [
      `the hypervisor had the CPU of ${traced.join(', ')} in ${paused} of ${incidents} incidents: ask who else runs on that host`,
    ]);
  }
  return noted(verdict, [
    `the kernel of ${traced.join(', ')} shows no wait for a CPU in ${incidents - explained - paused} of ${incidents} incidents: packets were held before they got there, or by what needs no CPU`,
  ]);
}

function rest({ incidents, explained, paused }: Explanation): string {
  const pauses = paused === 0 ? '' : `, ${paused} are pauses of the machine itself`;
  return `of ${incidents} incidents since tracing began ${explained} are explained by what the kernel shows${pauses}`;
}

function nameOf({ process, syscall, handler, class: kind }: Accused): string {
  if (process === null) return handler === null ? kind : `the handler of softirq ${handler}`;
  return syscall === null ? process : `${process} in ${syscall}`;
}

function noted(verdict: Verdict, notes: readonly string[]): Verdict {
  return { ...verdict, quality: { ...verdict.quality, notes: [...verdict.quality.notes, ...notes] } };
}
