/** Which flows of one target waited in an incident, and which had a probe under way that passed. */
export interface FlowSighting {
  /** Any numbers that tell flows apart, of one path or of several. */
  readonly hit: readonly number[];
  readonly passed: readonly number[];
}

export interface FlowGroups {
  /** Flows that share a queue which stalled, each group ascending, the largest first. */
  readonly stalled: readonly (readonly number[])[];
  /** Flows that passed whenever they had a probe under way: on queues that never stalled. */
  readonly passing: readonly number[];
  /** Number of receive queues, from the share of the flows that wait together; null where none or all waited. */
  readonly queues: { readonly likely: number; readonly least: number; readonly most: number } | null;
}

/** Of the incidents that saw both of two flows, the share in which they must have fared alike. */
const ALIKE = 0.9;
const MOST_QUEUES = 128;
/** Bounds of a 95 % interval. */
const TAIL = 0.025;

/**
 * Groups flows by the queue they hash onto: flows of one queue wait together and pass together. The number of queues
 * follows from the share s of the flows that one stalled queue holds, which is 1/K on average and varies as a draw of
 * single flows does: the interval holds the K under which the count seen is not improbable (95 %).
 */
export function groupFlows(sightings: readonly FlowSighting[]): FlowGroups {
  const flows = [...new Set(sightings.flatMap(({ hit, passed }) => [...hit, ...passed]))].sort((a, b) => a - b);
  const states = new Map(
    flows.map((flow) => [
      flow,
      sightings.map(({ hit, passed }) => (hit.includes(flow) ? 1 : passed.includes(flow) ? 0 : null)),
    ]),
  );
  const groups: number[][] = [];
  const passing: number[] = [];
  for (const flow of flows) {
    const own = states.get(flow) ?? [];
    if (!own.includes(1)) {
      passing.push(flow);
      continue;
    }
    const group = groups.find((members) => members.every((other) => fareAlike(own, states.get(other) ?? [])));
    if (group === undefined) groups.push([flow]);
    else group.push(flow);
  }
  groups.sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number));
  return { stalled: groups, passing, queues: estimateQueues(groups, flows.length) };
}

function fareAlike(a: readonly (number | null)[], b: readonly (number | null)[]): boolean {
  let [both, same, held] = [0, 0, 0];
  for (const [i, state] of a.entries()) {
    const other = b[i];
    if (state === null || other === null || other === undefined) continue;
    both += 1;
    if (state === other) same += 1;
    if (state === 1 && other === 1) held += 1;
  }
  // Flows never seen in the same incident, or never waiting together, are not known to share a queue.
  return both > 0 && held > 0 && same >= ALIKE * both;
}

function estimateQueues(groups: readonly (readonly number[])[], flows: number): FlowGroups['queues'] {
  const members = groups.reduce((sum, group) => sum + group.length, 0);
  if (groups.length === 0 || (groups.length === 1 && members === flows)) {
    return null;
  }
  const size = members / groups.length;
  const candidates = Array.from({ length: MOST_QUEUES - 1 }, (_, i) => i + 2);
  const possible = candidates.filter((queues) => isPossible(Math.round(size), flows, 1 / queues));
  return {
    likely: Math.max(2, groups.length, Math.round(flows / size)),
    least: Math.max(groups.length, possible[0] ?? 2),
    most: Math.max(groups.length, possible.at(-1) ?? MOST_QUEUES),
  };
}

/** Whether `count` of `flows` on one queue, at least one of them, is within the middle 95 % of what chance gives. */
function isPossible(count: number, flows: number, share: number): boolean {
  let [below, upTo] = [0, 0];
  const nothing = (1 - share) ** flows;
  let term = nothing;
  for (let k = 1; k <= count; k += 1) {
    term *= ((flows - k + 1) / k) * (share / (1 - share));
    below = upTo;
    upTo += term / (1 - nothing);
  }
  return upTo >= TAIL && 1 - below >= TAIL;
}

/**
 * Whether flows that were seen to wait together are predicted to share a queue, and flows that were seen to part are
 * not. @param predicted queue by flow, from the card's key and table
 */
export function agreesWith(groups: FlowGroups, predicted: ReadonlyMap<number, number>): boolean {
  const queueOf = (flow: number): number => predicted.get(flow) ?? -1;
  const held = new Set(groups.stalled.map((group) => queueOf(group[0] as number)));
  return (
    groups.stalled.every((group) => group.every((flow) => queueOf(flow) === queueOf(group[0] as number))) &&
    groups.passing.every((flow) => !held.has(queueOf(flow)))
  );
}
