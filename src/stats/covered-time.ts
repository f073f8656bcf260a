/** A stretch of time, of which a part counts: all of it is 1. */
export interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
  readonly part: number;
}

/** How much of the time from one instant to another the stretches cover; where several do, the one that counts most. */
export function coveredNs(stretches: readonly Stretch[], fromNs: number, toNs: number): number {
  const within = stretches
    .map(({ fromNs: from, toNs: to, part }) => ({ from: Math.max(from, fromNs), to: Math.min(to, toNs), part }))
    .filter(({ from, to }) => to > from);
  const edges = [...new Set(within.flatMap(({ from, to }) => [from, to]))].sort((one, other) => one - other);
  let covered = 0;
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1];
    if (next === undefined) break;
    const parts = within.filter(({ from, to }) => from <= edge && to >= next).map(({ part }) => part);
    covered += (next - edge) * Math.min(1, Math.max(0, ...parts));
  }
  return covered;
}
