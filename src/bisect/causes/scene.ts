import type { MeasuredPath } from '../../model/measured-path.js';
import type { TargetKind } from '../../model/target.js';

export interface PlannedVantage {
  readonly name: string;
  readonly overlay: boolean;
  /** Default its name. */
  readonly machine?: string;
}

export interface PlannedTarget {
  readonly name: string;
  readonly kind: TargetKind;
  /** The one that answers; default its name. */
  readonly machine?: string;
}

/** What advice has to know of the run: nobody is asked for what is there already. */
export interface Scene {
  readonly paths: readonly MeasuredPath[];
  /** All that are known, those without a path too. */
  readonly vantages: readonly PlannedVantage[];
  readonly targets: readonly PlannedTarget[];
  /** Machines whose CPUs and receive threads a helper watches. */
  readonly watched: ReadonlySet<string>;
  /** Machines whose kernel was asked who holds packets back. */
  readonly traced: ReadonlySet<string>;
  /** Of the incidents, in how many the kernel of a machine was asked all the while; absent before there are any. */
  readonly asked?: { readonly of: number; readonly inOf: Readonly<Record<string, number>> };
}

/** The vantage that sits on a machine. */
export function vantageOn(machine: string, { vantages }: Scene): PlannedVantage | undefined {
  return vantages.find((vantage) => (vantage.machine ?? vantage.name) === machine);
}

/** How to ask the kernel of a machine who keeps packets waiting. */
export function traceAdvice(machine: string, scene: Scene): string[] {
  if (scene.traced.has(machine)) return [];
  const vantage = vantageOn(machine, scene);
  const how =
    vantage === undefined
      ? `on ${machine} itself: rxray trace stall -d 1m`
      : `rxray trace stall --vantage ${vantage.name} -d 1m, with the same --hosts`;
  return [`${how}: names the process and the system call that keep packets waiting`];
}
