import type { ProberHello } from './engine-event.js';
import type { Hear, ProbePlan } from './plan.js';
import { present } from './present.js';
import { isRequest, type Protocol } from './protocol.js';

/** The probes of one path, to be seen where they arrive. */
export interface Watch {
  /** Number of the path in its prober's plan; keys are made of it. */
  readonly path: number;
  /** Number that records carry, where probers with plans of their own are watched at once. Default `path`. */
  readonly as?: number;
  readonly protocol: Protocol;
  /** As the probes have them where they arrive. */
  readonly target: string;
  readonly source: string;
  /** Of the target; none for ICMP. */
  readonly port?: number;
  /** Fixed source ports, first and last. */
  readonly ports?: readonly [number, number];
  /** Source ports by flow, where they are no row; `ports` then encloses them. */
  readonly fromPorts?: readonly number[];
  /** Source ports of fresh flows. */
  readonly freshPorts?: readonly [number, number];
  /** Of ICMP echoes. */
  readonly icmpId?: number;
  readonly interface: string;
  /** The packets may be inside IPIP on this interface. */
  readonly tunnel?: boolean;
}

/** What a watcher is to look on at. It never sends. */
export interface WatchPlan {
  /** The prober's secret, 32 hexadecimal digits. */
  readonly secret?: string;
  readonly watches: readonly Watch[];
  /** Interfaces that local evidence is wanted about: heartbeats, delays of receiving threads, softnet. */
  readonly local: readonly string[];
  readonly hears?: readonly Hear[];
  /** Servers whose segments are wanted, as packets from them have their address and port here. */
  readonly answers?: readonly { readonly address: string; readonly port: number }[];
  readonly durationNs?: number;
  /** How long what was seen may wait until it is told; default 50 ms. */
  readonly tellNs?: number;
  /** What is heard is looked for where that costs other packets of the machine least, as long as it shows as much. */
  readonly sparesOthers?: boolean;
  readonly cpu?: 'auto' | 'none' | number;
}

/** The watches for the paths of a prober, by what it said of its ports. */
export function watchesOf(
  plan: ProbePlan,
  hello: Pick<ProberHello, 'paths'>,
  where: { readonly interface: string; readonly tunnel?: boolean },
  isWatched: (path: number) => boolean = () => true,
): Watch[] {
  return hello.paths
    .filter(({ path }) => isWatched(path))
    .flatMap(({ path, source, sourcePorts, ports: named, icmpId, freshPorts }) => {
      const planned = plan.paths[path];
      // Requests have no keys that a watcher could know them by.
      if (planned === undefined || isRequest(planned.protocol)) return [];
      const fromPorts = named !== undefined && named.length > 1 ? named : undefined;
      const ports =
        planned.protocol === 'icmp'
          ? present({ icmpId })
          : {
              ...present({ port: planned.port }),
              ...(sourcePorts === null ? {} : { ports: sourcePorts }),
              ...present({ fromPorts, freshPorts }),
            };
      return [{ path, protocol: planned.protocol, target: planned.address, source, ...ports, ...where }];
    });
}
