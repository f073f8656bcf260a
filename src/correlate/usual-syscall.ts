import type { NamedSample } from '../model/culprit.js';

/** The one that most of the samples are in; -1 none. */
export function usualSyscall(samples: readonly NamedSample[]): number {
  const counts = new Map<number, number>();
  for (const { syscall } of samples) counts.set(syscall, (counts.get(syscall) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? -1;
}
