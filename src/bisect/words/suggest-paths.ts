import type { MeasuredPath } from '../../model/measured-path.js';
import type { TargetKind } from '../../model/target.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { machineOfVantage } from '../paths/topology.js';

export interface PlannedVantage {
  readonly name: string;
  readonly overlay: boolean;
  readonly machine?: string;
}

export interface PlannedTarget {
  readonly name: string;
  readonly kind: TargetKind;
  readonly machine?: string;
}

/** Which path or vantage would tell causes apart that look the same now, in words. */
export function suggestPaths(
  paths: readonly MeasuredPath[],
  groups: readonly (readonly Hypothesis[])[],
  vantages: readonly PlannedVantage[],
  targets: readonly PlannedTarget[],
): string[] {
  return [...new Set(groups.flatMap((group) => suggest(group, paths, vantages, targets)))];
}

function suggest(
  group: readonly Hypothesis[],
  paths: readonly MeasuredPath[],
  vantages: readonly PlannedVantage[],
  targets: readonly PlannedTarget[],
): string[] {
  const has = (cause: Hypothesis['cause']): Hypothesis | undefined => group.find((one) => one.cause === cause);
  const steps: string[] = [];
  const receiver = has('rx-queue') ?? has('host');
  const at = receiver?.machines[0];
  const used = new Set(paths.map(machineOfVantage));
  if (has('sender') && (receiver || has('network') || has('pod') || has('nat'))) {
    const free = vantages.find(({ name, machine }) => !used.has(machine ?? name));
    steps.push(
      free === undefined
        ? 'add a vantage on a further machine: with one vantage its own side cannot be told from its target'
        : `let ${free.name} probe the same targets: with one vantage its own side cannot be told from its target`,
    );
    const from = has('sender')?.machines[0] ?? '';
    const probed = new Set(paths.filter((path) => machineOfVantage(path) === from).map(({ answeredBy }) => answeredBy));
    const other = targets.find(({ name, machine, kind }) => kind !== 'control' && !probed.has(machine ?? name));
    steps.push(
      other === undefined
        ? `add a target on a further machine for ${from}: its replies clear ${from}`
        : `probe ${other.name} from ${from}: its replies clear ${from}`,
    );
  }
  if (at !== undefined && (has('network') || (has('host') && has('rx-queue')))) {
    const there = vantages.find(({ name, machine }) => (machine ?? name) === at);
    steps.push(
      there === undefined
        ? `name a vantage on ${at} (target.vantage): its arrivals and CPU heartbeats tell host, rx-queue and network apart`
        : `from outside host@${at} and the last stretch of the network to it look the same; the helper on ${at} (${there.name}) tells them apart`,
    );
  }
  if (has('nat') && has('pod')) {
    steps.push('probe the pod address from an overlay vantage: it skips the translation');
  }
  if (has('ipip') && (has('network') || has('pod'))) {
    steps.push('probe the node itself beside its pod from the same vantage: that skips the tunnel');
  }
  if (has('rx-queue') && paths.every(({ flows }) => flows < 4)) {
    steps.push('add a SYN path with several flows (--flows 16): ICMP alone cannot show that only some queues wait');
  }
  return steps;
}
