/** Reads a list as the kernel writes it, `0-3,8`; empty for an empty one. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** `CPU 3`, `CPUs 0-3,8`. */
export function formatCpus(cpus: readonly number[]): string {
  const sorted = [...cpus].sort((left, right) => left - right);
  const ranges: [number, number][] = [];
  for (const cpu of sorted) {
    const last = ranges.at(-1);
    if (last && cpu <= last[1] + 1) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  const list = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
  return `${sorted.length === 1 ? 'CPU' : 'CPUs'} ${list}`;
}
