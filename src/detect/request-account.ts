import type { Finding, RequestAccount } from '../model/finding.js';
import type { PlannedPath } from '../model/plan.js';
import { isRequest } from '../model/protocol.js';
import { type RequestDetail, TIMED_PHASES, type TimedPhase } from '../model/request.js';
import { Outcomes, type SampleColumns } from '../model/sample.js';
import { MS, SECOND } from '../model/time.js';
import { median } from '../stats/median.js';

/** So far back requests and packets are remembered: losses are certain late. */
const REMEMBERED_NS = 40 * SECOND;
const MOST_REMEMBERED = 16_384;
/** A packet was held that took this much longer than its path usually does, and a good part of what the request took. */
const HELD_LEAST_NS = 5 * MS;
const HELD_SHARE = 0.2;

interface Asked {
  readonly sentNs: number;
  readonly endNs: number;
  readonly detail: RequestDetail;
}

interface Packet {
  readonly sentNs: number;
  /** -1 lost. */
  readonly rttNs: number;
}

type AccountedPath = Pick<PlannedPath, 'name' | 'protocol' | 'address' | 'port'>;

/** Says of slow requests in which phase they waited, and whether packets to the same port waited then as well. */
export class RequestAccounts {
  readonly #asked = new Map<string, Asked[]>();
  /** By address and port, of all paths that send packets there. */
  readonly #packets = new Map<string, Packet[]>();
  readonly #used: boolean;

  constructor(private readonly paths: readonly AccountedPath[]) {
    this.#used = paths.some(({ protocol }) => isRequest(protocol));
  }

  observe(samples: SampleColumns): void {
    if (!this.#used) return;
    for (let i = 0; i < samples.length; i += 1) {
      const path = this.paths[samples.path[i] as number];
      if (path === undefined) continue;
      const sentNs = samples.sentNs[i] as number;
      const rttNs = samples.rttNs[i] as number;
      const outcome = samples.outcome[i] as number;
      const detail = samples.requests?.get(i);
      if (detail !== undefined) {
        const took = rttNs >= 0 ? rttNs : sumOf(detail);
        remember(this.#asked, path.name, { sentNs, endNs: sentNs + took, detail });
      } else if (path.protocol === 'syn' && outcome <= Outcomes.lost) {
        remember(this.#packets, placeOf(path), { sentNs, rttNs });
      }
    }
  }

  /** The finding with its account, where it is one of requests. */
  explain(finding: Finding): Finding {
    const path = this.paths.find(({ name }) => name === finding.path);
    if (!this.#used || path === undefined || !isRequest(path.protocol)) return finding;
    const all = this.#asked.get(path.name) ?? [];
    const involved = all.filter(({ sentNs }) => sentNs >= finding.startMin && sentNs <= finding.release);
    // The one that the finding tells of: at its peak, or of losses the one that was waited for longest.
    const farOff = ({ sentNs, endNs }: Asked): number =>
      finding.peakRttNs > 0 ? Math.abs(endNs - sentNs - finding.peakRttNs) : sentNs - endNs;
    const [slowest] = involved.sort((a, b) => farOff(a) - farOff(b));
    if (slowest === undefined) return finding;
    return {
      ...finding,
      request: this.#account(path, slowest, usualPhases(all.filter(({ sentNs }) => sentNs !== slowest.sentNs))),
    };
  }

  #account(
    path: AccountedPath,
    { sentNs, endNs, detail }: Asked,
    usual: ReadonlyMap<TimedPhase, number>,
  ): RequestAccount {
    let phase: TimedPhase = 'first-byte';
    let excess = Number.NEGATIVE_INFINITY;
    for (const [name, ns] of Object.entries(detail.phases) as [TimedPhase, number][]) {
      const over = ns - (usual.get(name) ?? 0);
      if (over <= excess) continue;
      excess = over;
      phase = name;
    }
    const phaseNs = Math.round(detail.phases[phase] ?? 0);
    const all = this.#packets.get(placeOf(path)) ?? [];
    const usualNs = median(all.filter(({ rttNs }) => rttNs >= 0).map(({ rttNs }) => rttNs));
    // Also those sent shortly before, which would have been held with it.
    const meanwhile = all.filter((packet) => packet.sentNs >= sentNs - HELD_LEAST_NS && packet.sentNs <= endNs);
    if (meanwhile.length === 0) return { phase, phaseNs, wire: 'unseen', packets: 0 };
    const slowestPacketNs = Math.max(...meanwhile.map(({ rttNs }) => rttNs));
    const heldNs = Math.max(HELD_LEAST_NS, HELD_SHARE * excess);
    const isLost = meanwhile.some(({ rttNs }) => rttNs < 0);
    const isHeld = slowestPacketNs - usualNs >= heldNs;
    return {
      phase,
      phaseNs,
      wire: isHeld ? 'held' : isLost ? 'lost' : 'passed',
      packets: meanwhile.length,
      ...(slowestPacketNs < 0 ? {} : { slowestPacketNs: Math.round(slowestPacketNs) }),
    };
  }
}

const placeOf = ({ address, port }: AccountedPath): string => `${address} ${port ?? 0}`;

function sumOf({ phases }: RequestDetail): number {
  return Object.values(phases).reduce((sum, ns) => sum + ns, 0);
}

/** What each phase takes as a rule; nothing where nobody else was asked. */
function usualPhases(all: readonly Asked[]): Map<TimedPhase, number> {
  return new Map(
    TIMED_PHASES.map((phase) => [phase, median(all.flatMap(({ detail }) => detail.phases[phase] ?? []))] as const),
  );
}

function remember<T extends { readonly sentNs: number }>(into: Map<string, T[]>, key: string, entry: T): void {
  const list = into.get(key) ?? [];
  if (list.length === 0) into.set(key, list);
  list.push(entry);
  const oldestNs = entry.sentNs - REMEMBERED_NS;
  // Seldom, and then much at once: a shift a sample would cost more than all the rest.
  if (list.length > MOST_REMEMBERED || (list.length & 0xfff) === 0) {
    const from = Math.max(
      list.findIndex(({ sentNs }) => sentNs >= oldestNs),
      list.length - MOST_REMEMBERED / 2,
    );
    list.splice(0, Math.max(0, from));
  }
}
