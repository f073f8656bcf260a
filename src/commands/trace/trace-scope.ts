import { readHosts } from '../../hosts/hosts-file.js';
import { CodedError } from '../../model/errors.js';
import type { TracePlan } from '../../model/trace-plan.js';
import { sshTransport } from '../../transports/far/ssh-transport.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import type { Transport } from '../../transports/transport.js';
import { transportFor } from '../../transports/transport-for.js';

/** Where and how long to trace: of every question. */
export interface TraceScope {
  /** A network namespace of this host. */
  readonly netns?: string;
  readonly ssh?: string;
  /** A vantage of a hosts file. */
  readonly hosts?: string;
  readonly vantage?: string;
  readonly allNamespaces: boolean;
  readonly cpus?: string;
  readonly durationNs?: number;
  readonly json: boolean;
}

/**
 * A tracer keeps to the network namespace that it is started in.
 *
 * @throws CodedError E_HOSTS when the hosts file has no such vantage
 */
export async function traceTransport(scope: TraceScope): Promise<Transport> {
  if (scope.ssh !== undefined) return sshTransport(scope.ssh);
  if (scope.netns !== undefined) return netnsTransport(scope.netns);
  if (scope.vantage === undefined || scope.hosts === undefined) return localTransport;
  const { vantages } = await readHosts(scope.hosts);
  const vantage = vantages[scope.vantage];
  if (vantage !== undefined) return transportFor(vantage);
  const names = Object.keys(vantages).join(', ');
  throw new CodedError('E_HOSTS', `${scope.hosts} names no vantage ${scope.vantage}`, `it has: ${names}`, 2);
}

/** What the plans of all questions have in common. */
export function tracePlanOf(scope: TraceScope): Omit<TracePlan, 'questions'> {
  return {
    ...(scope.allNamespaces ? { netns: 'any' as const } : {}),
    ...(scope.cpus === undefined ? {} : { cpus: scope.cpus }),
    ...(scope.durationNs === undefined ? {} : { durationNs: scope.durationNs }),
  };
}
