import type { TargetKind } from '../model/target.js';
import type { Hosts } from './hosts-file.js';
import { Machines } from './machines.js';

/** The vantages and targets of a hosts file, each with the machine that it is on, whether a path leads there or not. */
export function plannedOf(hosts: Hosts): {
  readonly vantages: readonly { readonly name: string; readonly overlay: boolean; readonly machine: string }[];
  readonly targets: readonly { readonly name: string; readonly kind: TargetKind; readonly machine: string }[];
} {
  const machines = new Machines(hosts);
  return {
    vantages: Object.entries(hosts.vantages).map(([name, { overlay }]) => ({
      name,
      overlay,
      machine: machines.ofVantage(name),
    })),
    targets: Object.entries(hosts.targets).map(([name, { kind }]) => ({
      name,
      kind,
      machine: machines.answering(name),
    })),
  };
}
