import type { PlannedPath } from '../../src/model/plan.js';
import { Outcomes, type SampleColumns } from '../../src/model/sample.js';
import type { Exchange } from './exchange.js';

/** A probe as our prober reports it, with what a capture saw of it. */
export interface MatchedProbe {
  readonly seq: number;
  /** Since the epoch of the run. */
  readonly dueNs: number;
  readonly sentNs: number;
  /** As reported; -1 where it was not answered. */
  readonly rttNs: number;
  readonly flags: number;
  /** Undefined when the capture has no such packet. */
  readonly exchange: Exchange | undefined;
}

/** What the prober's own packets look like: the first source port of a path, null where it has none. */
export interface ProberSource {
  readonly path: number;
  readonly sourcePorts: readonly [number, number] | null;
}

/**
 * Finds each sent probe of a path in a capture, by its number alone: the ICMP sequence number, or the source port and
 * the distance of the TCP sequence number from that of the port's first SYN, which is 16 a probe. Needs fixed flows
 * and fewer than 65,536 probes.
 */
export function matchProbes(
  samples: readonly SampleColumns[],
  path: PlannedPath,
  source: ProberSource,
  exchanges: readonly Exchange[],
): MatchedProbe[] {
  const probes = sentProbes(samples, source.path);
  const own = exchanges.filter(({ protocol, target }) => protocol === path.protocol && target === path.address);
  const found =
    path.protocol === 'icmp' ? byNumber(own) : byFlow(own, probes, path.flows, source.sourcePorts?.[0] ?? 0);
  return probes.map((probe) => ({ ...probe, exchange: found.get(probe.seq) }));
}

type SentProbe = Omit<MatchedProbe, 'exchange'>;

function sentProbes(samples: readonly SampleColumns[], path: number): SentProbe[] {
  const probes = new Map<number, SentProbe>();
  for (const columns of samples) {
    for (let i = 0; i < columns.length; i += 1) {
      if (columns.path[i] !== path || columns.outcome[i] === Outcomes.sendFailed) continue;
      const seq = columns.seq[i] ?? 0;
      // A later sample of the same probe supersedes the earlier one.
      probes.set(seq, {
        seq,
        dueNs: columns.dueNs[i] ?? 0,
        sentNs: columns.sentNs[i] ?? 0,
        rttNs: columns.rttNs[i] ?? -1,
        flags: columns.flags[i] ?? 0,
      });
    }
  }
  return [...probes.values()].sort((a, b) => a.seq - b.seq);
}

const byNumber = (exchanges: readonly Exchange[]): Map<number, Exchange> =>
  new Map(exchanges.map((exchange) => [exchange.seq, exchange]));

function byFlow(
  exchanges: readonly Exchange[],
  probes: readonly SentProbe[],
  flows: number,
  firstPort: number,
): Map<number, Exchange> {
  const found = new Map<number, Exchange>();
  for (let flow = 0; flow < flows; flow += 1) {
    const ofPort = exchanges.filter(({ from }) => from === firstPort + flow);
    const first = probes.find(({ seq }) => seq % flows === flow);
    const base = ofPort[0]?.seq;
    if (first === undefined || base === undefined) continue;
    for (const exchange of ofPort) {
      found.set(first.seq + (((exchange.seq - base) >>> 0) / 16) * flows, exchange);
    }
  }
  return found;
}
