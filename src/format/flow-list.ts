/** Flow numbers, runs of three and more joined: `0 2 4-7 12`. */
export function formatFlows(flows: readonly number[]): string {
  const sorted = [...flows].sort((a, b) => a - b);
  const out: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let end = index;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    if (end - index >= 2) out.push(`${sorted[index]}-${sorted[end]}`);
    else for (let flow = index; flow <= end; flow += 1) out.push(String(sorted[flow]));
    index = end + 1;
  }
  return out.join(' ');
}
