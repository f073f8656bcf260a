import type { SyscallsQuestion } from '../../model/syscalls-question.js';

/** The question as a line of a plan. */
export function syscallsLine(question: SyscallsQuestion): string {
  const words = ['trace syscalls'];
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${key}=${value}`);
  };
  const on = (value: boolean | undefined) => (value ? 1 : undefined);
  set('min-ns', question.minNs);
  set('exact', on(question.exact));
  set('sparing', on(question.sparing));
  set('summary', on(question.summary));
  set('stacks', on(question.stacks));
  set('every-ns', question.everyNs);
  set('in-flight', on(question.inFlight));
  set('record', question.recorderCgroups);
  set('slow-ns', question.dumpOnSlowNs);
  set('pid', question.pids?.join(','));
  set('follow', on(question.follow));
  set('command', question.command);
  set('spare', question.spare);
  for (const comm of question.comms ?? []) set('comm', escaped(comm));
  for (const cgroup of question.cgroups ?? []) set('cgroup', escaped(cgroup));
  for (const container of question.containers ?? []) set('container', escaped(container));
  for (const pod of question.pods ?? []) set('pod', escaped(pod));
  if (question.calls) set('calls', `${question.calls.except ? '!' : ''}${question.calls.names.join(',')}`);
  set('netns', question.ownNetns ? 'own' : undefined);
  return words.join(' ');
}

/** A plan has no blanks within words, and `#` begins a comment. */
function escaped(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x23 && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
