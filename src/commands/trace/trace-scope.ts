import { vantageNamed } from '../../hosts/find-vantage.js';
import { readHosts } from '../../hosts/hosts-file.js';
import type { TracePlan } from '../../model/trace-plan.js';
import type { Vantage } from '../../model/vantage.js';
import { sshTransport } from '../../transports/far/ssh-transport.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import type { Transport } from '../../transports/transport.js';
import { transportFor } from '../../transports/transport-for.js';
import type { UsedFile } from '../terminal/check-output.js';

/** Where and how long to trace: of every question. */
export interface TraceScope {
  /** A network namespace of this host. */
  readonly netns?: string | undefined;
  readonly ssh?: string | undefined;
  /** A vantage of a hosts file. */
  readonly hosts?: string | undefined;
  readonly vantage?: string | undefined;
  /** A place that no hosts file names. */
  readonly far?: Vantage | undefined;
  /** The program by which it is reached, by default `kubectl`. */
  readonly kubectl?: string | undefined;
  readonly cpus?: string | undefined;
  readonly durationNs?: number | undefined;
  readonly json: boolean;
  readonly output?: string | undefined;
}

export interface TracePlace {
  readonly transport: Transport;
  /** It is a network namespace of the machine that is meant, not the machine. */
  readonly isNamespace: boolean;
}

/**
 * A tracer keeps to the network namespace that it is started in.
 *
 * @throws CodedError E_HOSTS when the hosts file has no such vantage
 */
export async function tracePlace(scope: TraceScope): Promise<TracePlace> {
  const { far, kubectl } = scope;
  if (far !== undefined) return { transport: transportFor(far, { kubectl }), isNamespace: false };
  if (scope.ssh !== undefined) return { transport: sshTransport(scope.ssh), isNamespace: false };
  if (scope.netns !== undefined) return { transport: netnsTransport(scope.netns), isNamespace: true };
  if (scope.vantage === undefined || scope.hosts === undefined) {
    return { transport: localTransport, isNamespace: false };
  }
  const vantage = vantageNamed(scope.vantage, await readHosts(scope.hosts), scope.hosts);
  return { transport: transportFor(vantage), isNamespace: vantage.transport === 'netns' };
}

/** What the plans of all questions have in common. */
export function tracePlanOf(scope: TraceScope & { readonly allNamespaces?: boolean }): Omit<TracePlan, 'questions'> {
  return {
    netns: scope.allNamespaces === true ? 'any' : undefined,
    cpus: scope.cpus,
    durationNs: scope.durationNs,
  };
}

/** What a trace reads, and must not write over. */
export function traceInputs({ hosts }: TraceScope): UsedFile[] {
  return [{ path: hosts, what: 'the hosts file' }];
}
