import type { QueuesFrom, Summary } from '../../model/summary.js';
import { MS, SECOND } from '../../model/time.js';
import type { MachineCoverage } from '../../model/verdict.js';
import { chanceCrossed, chanceOfAny, chanceSeen, lengthSeenWith } from '../../stats/coverage.js';
import type { Topology } from '../paths/topology.js';

const SEEN_WITH = 0.95;
const TYPICAL_NS = 140 * MS;
/** A length that people ask for: what the stalls of 2019 had, and a little more. */
const WANTED_NS = 150 * MS;
const LONGEST_NS = 30 * SECOND;
/** Further than this nobody goes: 100 times the probes are too many for any target. */
const MOST_TIMES = 64;

/** Receive queues of a machine, as it says itself or as its flows show; undefined where nobody knows. */
export type QueuesOf = (machine: string) => { readonly queues: number; readonly from: QueuesFrom } | undefined;

/** What all paths into each machine together would have seen of its stalls; machines without an answer are left out. */
export function machineCoverage(
  topology: Topology,
  summaries: readonly Summary[],
  queuesOf: QueuesOf,
): MachineCoverage[] {
  const byPath = new Map(summaries.map((summary) => [summary.path, summary.coverage]));
  return topology.places('rx-queue').flatMap(([machine = '']) => {
    const into = topology.paths.flatMap((path, index) => {
      const coverage = byPath.get(path.name);
      return topology.arrivesAt(index, machine) && coverage ? [coverage] : [];
    });
    const [first] = into;
    if (first === undefined) return [];
    const asked = first.queuesFrom === 'asked' ? { queues: first.queues, from: first.queuesFrom } : undefined;
    const shown = into.find(({ queuesFrom }) => queuesFrom === 'flows');
    const { queues, from } = asked ??
      queuesOf(machine) ?? { queues: (shown ?? first).queues, from: shown === undefined ? 'assumed' : 'flows' };
    const seen = (of: number, lengthNs: number, times = 1): number =>
      chanceOfAny(
        into.map(({ sweep, levels }) =>
          chanceSeen({ ...sweep, intervalNs: sweep.intervalNs / times }, levels, of, lengthNs),
        ),
      );
    const flows = into.reduce((sum, { sweep }) => sum + sweep.flows, 0);
    return [
      {
        machine,
        hostStallNs: lengthSeenWith(SEEN_WITH, (lengthNs) => seen(1, lengthNs), LONGEST_NS),
        queues,
        queuesFrom: from,
        queueCrossed: chanceCrossed(flows, queues),
        queueStallNs: lengthSeenWith(SEEN_WITH, (lengthNs) => seen(queues, lengthNs), LONGEST_NS),
        typicalNs: TYPICAL_NS,
        typicalSeen: seen(queues, TYPICAL_NS),
        wantedNs: WANTED_NS,
        oftener: oftener((times) => seen(queues, WANTED_NS, times)),
      },
    ];
  });
}

/** How many times as many probes it takes; null where they suffice, or no number does. */
function oftener(seen: (times: number) => number): number | null {
  if (seen(1) >= SEEN_WITH) return null;
  for (let times = 2; times <= MOST_TIMES; times += times < 8 ? 1 : times / 4) {
    if (seen(times) >= SEEN_WITH) return Math.ceil(times);
  }
  return null;
}
