import { CodedError } from '../../model/errors.js';
import type { PlannedPath, ProbePlan } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';
import { PortHold, type PortRange } from '../node-prober/port-hold.js';
import { versionOf } from './address.js';

/**
 * A source port for fresh flows rests so long before it is used again; where fewer are free in a row for less, but longer
 * than connection tracking remembers an answered one after its RST (10 s).
 */
const FRESH_REST_S = 130;
const FRESH_REST_LEAST_S = 20;
const SHORTER = 0.8;
const MOST_FRESH = 4_096;
const MOST_PINNED = 4_096;
const LARGEST_ID = 65_535;

/** What a captured packet to or from one of our ports belongs to. */
export type PortOwner =
  | { readonly kind: 'pinned'; readonly path: number; readonly flow: number }
  | { readonly kind: 'fresh'; readonly path: number; readonly k: number };

/** Which source port, or identifier of echoes, belongs to which path. */
export class SourcePorts {
  readonly #pinned = new Map<number, PortOwner>();
  readonly #fresh = new Map<number, PortOwner>();
  readonly #icmpPaths = new Map<number, number>();
  #freshUsed = 0;

  private constructor(
    private readonly held: PortHold,
    readonly pinned: PortRange | undefined,
    readonly fresh: PortRange | undefined,
    /** First port of each path with ports, identifier of each ICMP path. */
    private readonly firsts: readonly number[],
    readonly ids: PortRange | undefined,
    paths: readonly PlannedPath[],
    /** What to say of fresh ports that are fewer than they should be. */
    readonly shortage: string | undefined,
  ) {
    paths.forEach((path, index) => {
      if (!hasPorts(path.protocol)) {
        this.#icmpPaths.set(firsts[index] ?? 0, index);
        return;
      }
      for (let flow = 0; flow < path.flows; flow += 1)
        this.#pinned.set((firsts[index] ?? 0) + flow, { kind: 'pinned', path: index, flow });
    });
  }

  /** @throws CodedError E_PORTS */
  static async reserve({ paths, sourcePorts }: ProbePlan): Promise<SourcePorts> {
    const flows = paths.reduce((sum, path) => sum + (hasPorts(path.protocol) ? path.flows : 0), 0);
    const freshRate = paths.reduce((sum, path) => sum + (hasPorts(path.protocol) ? path.freshPerSecond : 0), 0);
    const freshCount = Math.min(MOST_FRESH, Math.ceil(freshRate * FRESH_REST_S));
    if (flows > MOST_PINNED) throw noPorts(`${flows} flows`, 'ask for fewer flows, or use --engine helper');
    const versions = (udp: boolean) => [
      ...new Set(
        paths
          .filter(({ protocol }) => hasPorts(protocol) && (protocol === 'udp') === udp)
          .map(({ address }) => versionOf(address)),
      ),
    ];
    const held = new PortHold({ tcp: versions(false), udp: versions(true) }, sourcePorts);
    // Fresh ports are looked at first, because looking lets go of what is held.
    let fresh: PortRange | undefined;
    let restS = FRESH_REST_S;
    for (let count = freshCount; freshCount > 0; count = Math.ceil(count * SHORTER)) {
      restS = count / freshRate;
      fresh = await held.look(count, Math.random());
      if (fresh !== undefined) break;
      if (restS * SHORTER < FRESH_REST_LEAST_S)
        throw noPorts(`${freshCount} free source ports in a row`, 'lower --fresh');
    }
    const isShort = fresh !== undefined && fresh.last + 1 - fresh.first < freshCount;
    const pinned = flows > 0 ? await held.hold(flows, Math.random(), fresh) : undefined;
    if (flows > 0 && !pinned) throw noPorts(`${flows} free source ports in a row`, 'ask for fewer flows');
    const icmpPaths = paths.filter((path) => !hasPorts(path.protocol)).length;
    const firstId = 1 + Math.floor(Math.random() * (LARGEST_ID - icmpPaths));
    let port = pinned?.first ?? 0;
    let id = firstId;
    const firsts = paths.map((path) => {
      if (!hasPorts(path.protocol)) return id++;
      port += path.flows;
      return port - path.flows;
    });
    const ids = icmpPaths > 0 ? { first: firstId, last: firstId + icmpPaths - 1 } : undefined;
    const shortage = isShort
      ? `ports of fresh flows are used again after ${restS.toFixed(0)} s instead of ${FRESH_REST_S}, as no more are free in a row`
      : undefined;
    return new SourcePorts(held, pinned, fresh, firsts, ids, paths, shortage);
  }

  /** The port of a flow, or the identifier of an ICMP path. */
  of(path: number, flow: number): number {
    return (this.firsts[path] ?? 0) + flow;
  }

  /** The next port for a probe of its own. */
  takeFresh(path: number, k: number): number {
    if (!this.fresh) throw new RangeError('no fresh ports were reserved');
    const { first, last } = this.fresh;
    const port = first + (this.#freshUsed++ % (last - first + 1));
    this.#fresh.set(port, { kind: 'fresh', path, k });
    return port;
  }

  ownerOf(port: number): PortOwner | undefined {
    return this.#pinned.get(port) ?? this.#fresh.get(port);
  }

  pathOfId(id: number): number | undefined {
    return this.#icmpPaths.get(id);
  }

  get ranges(): PortRange[] {
    return [this.pinned, this.fresh].filter((range) => range !== undefined);
  }

  release(): void {
    this.held.release();
  }
}

function noPorts(what: string, remedy: string): CodedError {
  return new CodedError('E_PORTS', `the portable engine cannot have ${what}`, remedy);
}
