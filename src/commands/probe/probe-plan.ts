import { isIPv6 } from 'node:net';
import { CodedError } from '../../model/errors.js';
import {
  DEFAULT_FRESH_PER_SECOND,
  DEFAULT_INTERVAL_NS,
  DEFAULT_MATCH_NS,
  DEFAULT_PROBE_FLOWS,
  DEFAULT_UDP_INTERVAL_NS,
  type PlannedPath,
  type ProbePlan,
} from '../../model/plan.js';
import { present } from '../../model/present.js';
import { hasPorts, type Protocol } from '../../model/protocol.js';
import type { Target } from '../../model/target.js';
import { SECOND } from '../../model/time.js';
import type { ProbeOptions } from './probe-options.js';

/** Fresh ports may add at most this share to a path's probes, so that a slow path stays slow. */
const FRESH_SHARE = 1 / 20;

/**
 * The plan for one vantage: every target with every protocol asked for.
 * @param asked paths of requests and what goes beside them
 */
export function planProbe(
  options: ProbeOptions,
  targets: readonly Target[],
  vantage: string,
  asked: readonly PlannedPath[] = [],
): ProbePlan {
  const probed = targets.flatMap((target) => {
    const port = options.port ?? target.port;
    const protocols = options.protocols.length > 0 ? options.protocols : [defaultProtocol(port)];
    return protocols.map((protocol) => planPath(options, target, protocol, port, vantage));
  });
  const paths = [...asked, ...probed];
  return {
    paths: [...new Map(paths.map((path) => [path.name, path])).values()],
    count: options.count,
    durationNs: options.durationNs,
    waitNs: options.waitNs,
    matchNs: Math.max(DEFAULT_MATCH_NS, options.waitNs),
    timestamps: options.timestamps,
    cpu: options.cpu,
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: options.maxPacketsPerSecond,
  };
}

function defaultProtocol(port: number | undefined): Protocol {
  return port === undefined ? 'icmp' : 'syn';
}

function planPath(
  options: ProbeOptions,
  target: Target,
  protocol: Protocol,
  port: number | undefined,
  vantage: string,
): PlannedPath {
  const wantsPort = hasPorts(protocol);
  if (wantsPort && port === undefined) {
    throw new CodedError(
      'E_PORT',
      `${target.name}: --${protocol} needs a port`,
      'add -p PORT; a closed port is fine',
      2,
    );
  }
  const intervalNs = options.intervalNs ?? (protocol === 'udp' ? DEFAULT_UDP_INTERVAL_NS : DEFAULT_INTERVAL_NS);
  const fresh = Math.floor(Math.min(DEFAULT_FRESH_PER_SECOND, (SECOND / intervalNs) * FRESH_SHARE));
  return {
    name: `${vantage}>${pathTarget(target, wantsPort ? port : undefined)}/${protocol}`,
    protocol,
    address: target.address,
    ...(wantsPort && port !== undefined ? { port } : {}),
    flows: wantsPort ? (options.flows ?? (protocol === 'udp' ? 1 : DEFAULT_PROBE_FLOWS)) : 1,
    // Who counts the probes wants that many.
    freshPerSecond: protocol === 'syn' ? (options.freshPerSecond ?? (options.count > 0 ? 0 : fresh)) : 0,
    intervalNs,
    ...present({ interface: options.interface, ttl: options.ttl }),
  };
}

/** A name from hosts.yaml as it is; else the address, with the port. */
function pathTarget(target: Target, port: number | undefined): string {
  if (target.kind !== undefined) return target.name;
  if (port === undefined) return target.address;
  return isIPv6(target.address) ? `[${target.address}]:${port}` : `${target.address}:${port}`;
}
