import type { Congestion } from '../../model/finding.js';
import type { MeasuredPath } from '../../model/measured-path.js';
import { isRequest } from '../../model/protocol.js';
import { SECOND } from '../../model/time.js';
import { median } from '../../stats/median.js';
import type { PathLog } from '../paths/path-log.js';
import type { FindingGroup } from './incident-groups.js';
import type { CountedSpan, MachineAccount } from './machine-account.js';
import type { Observation } from './observation.js';

/** A group that stands still for so much of a reading keeps whoever asks it waiting. */
const STANDS_STILL = 0.1;
/** What detectors find in that time has come by then. */
const SETTLED_NS = 4 * SECOND;
/** From one to the next: readings of one stretch are no witnesses of their own. */
const APART_NS = SECOND;
const LEAST_REQUESTS = 2;

/**
 * Stretches in which the kernel counts that a server was stopped, and most requests to it were slow, though no detector
 * found anything: a path that is slow as a rule knows nothing else.
 */
export class CountedIncidents {
  readonly #lookedNs = new Map<string, number>();

  constructor(
    private readonly paths: readonly MeasuredPath[],
    private readonly logs: readonly PathLog[],
    private readonly thresholdNs: number,
  ) {}

  /** What has settled by now, as groups of findings. @param known incidents that detectors have found */
  take(nowNs: number, accounts: Iterable<MachineAccount>, known: readonly Observation[]): FindingGroup[] {
    const groups: FindingGroup[] = [];
    for (const { machine, port, spans = [] } of accounts) {
      const key = `${machine} ${port ?? ''}`;
      for (const span of spans) {
        if (span.toNs > nowNs - SETTLED_NS || span.fromNs < (this.#lookedNs.get(key) ?? 0)) continue;
        if (span.throttledNs < STANDS_STILL * (span.toNs - span.fromNs)) continue;
        const found = this.paths.flatMap((path, index) => this.#slow(path, index, machine, span, known) ?? []);
        if (found.length === 0) continue;
        this.#lookedNs.set(key, span.toNs + APART_NS);
        groups.push({ kind: 'congestion', findings: found });
      }
    }
    return groups;
  }

  #slow(
    path: MeasuredPath,
    index: number,
    machine: string,
    { fromNs, toNs }: CountedSpan,
    known: readonly Observation[],
  ): FindingGroup['findings'][number] | undefined {
    const log = this.logs[index];
    const isServed = [...path.out, ...path.back].some(
      (stage) => stage.kind === 'server' && stage.machines[0] === machine,
    );
    if (log === undefined || !isRequest(path.protocol) || !isServed) return undefined;
    const isKnown = known.some(
      (incident) => incident.startMaxNs <= toNs && incident.releaseNs >= fromNs && incident.paths[index] !== null,
    );
    const times = log.sentWithin(fromNs, toNs).flatMap(({ rttNs }) => (rttNs < 0 ? [] : [rttNs]));
    if (isKnown || times.length < LEAST_REQUESTS || median(times) < this.thresholdNs) return undefined;
    const peakRttNs = Math.max(...times);
    const finding: Congestion = {
      type: 'finding',
      kind: 'congestion',
      path: path.name,
      startMin: fromNs,
      startMax: fromNs,
      release: toNs,
      durationNs: toNs - fromNs,
      probes: times.length,
      probesAboveThreshold: times.length,
      peakRttNs,
      excessNs: median(times),
      flowsHit: [],
      flowsExposed: [],
      selfInflicted: false,
    };
    return { finding, path: index, vantage: path.vantage, clockNs: 0, baseNs: log.leastRttNs };
  }
}
