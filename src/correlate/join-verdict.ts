import type { Accused, Explanation, IncidentTrace } from '../model/explanation.js';
import type { Verdict } from '../model/verdict.js';

/**
 * The verdict with what the kernel of the traced machines says of it: the culprit where one explains the incidents, else
 * a note of what was looked for and not found.
 *
 * @param traced machines that were asked
 */
export function joinVerdict(verdict: Verdict, explanation: Explanation, traced: readonly string[]): Verdict {
  const { incidents, explained, paused, conclusion, accused, traces } = explanation;
  if (traced.length === 0 || incidents === 0) return verdict;
  // Which of them came to be traced first is not the same live and in a replay.
  const machines = [...traced].sort().join(', ');
  const blamed = verdict.where === null ? [] : [verdict.where].flat();
  const named = accused.filter(({ convicted }) => convicted);
  const culprit = named.find(({ vantage }) => blamed.includes(vantage));
  if (culprit !== undefined && (conclusion === 'culprit' || conclusion === 'partly')) {
    return noted({ ...verdict, culprit }, explained < incidents ? [rest(explanation)] : []);
  }
  const [other] = named;
  if (other !== undefined && conclusion === 'culprit') {
    return noted(verdict, [
      `the kernel of ${other.vantage} shows who held packets back there in ${other.incidents.length} of ${incidents} incidents: ${nameOf(other)}`,
    ]);
  }
  if (conclusion === 'steal') {
    return noted(verdict, [
      `the hypervisor had the CPU of ${machines} in ${paused} of ${incidents} incidents, by its own account: ask who else runs on that host`,
    ]);
  }
  const clear = traces.filter(({ waited }) => waited === 'no').length;
  if (conclusion === 'not-this-node') {
    return noted(verdict, [
      `the kernel of ${machines} shows no wait for a CPU in ${clear} of ${traces.length} incidents: packets were held before they got there, or by what needs no CPU`,
    ]);
  }
  return noted(verdict, [nobody(traces), ...once(accused)]);
}

/** Packets waited, and nobody qualifies: what was seen. */
function nobody(traces: readonly IncidentTrace[]): string {
  const waited = traces.filter((trace) => trace.waited === 'yes' && trace.culprit === null);
  const [longest] = [...waited].sort((one, two) => two.waitNs - one.waitNs);
  if (longest === undefined) {
    const open = traces.filter((trace) => trace.waited === 'unknown').length;
    return `nobody is named as culprit: of ${open} of ${traces.length} incidents the trace of the kernel does not tell whether packets waited for a CPU`;
  }
  return `nobody is named as culprit: received packets waited on ${longest.vantage} in ${waited.length} of ${traces.length} incidents, and no one had the CPU for half of that time; in the longest ${longest.because}`;
}

/** Who held packets in one incident only. */
function once(accused: readonly Accused[]): string[] {
  return accused
    .filter((one) => !one.convicted && one.class !== 'steal' && one.incidents.length > 0)
    .slice(0, 1)
    .map((one) => `${nameOf(one)} held packets back on ${one.vantage} in one incident: too few to name a culprit`);
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
