import type { Overlay } from '../../../model/overlay.js';
import { hashText, hashWords } from '../faults/chance.js';
import { type Disturbance, disturbance } from '../faults/disturbance.js';
import type { Fault, StageFault } from '../faults/fault-schema.js';
import { type Injection, injectionOf } from '../faults/injection.js';
import { SmoothNoise } from '../faults/smooth-noise.js';
import { type FaultWindow, WindowSchedule } from '../faults/window.js';
import type { Scenario } from '../scenario/scenario.js';
import { Stage } from './stage.js';

export type Leg = 'out' | 'back';

/** A stage that a packet crosses: of one machine, or between two in one direction. */
export type Place =
  | { readonly stage: 'receive'; readonly machine: string; readonly ownReplies: boolean }
  | { readonly stage: 'transmit' | 'nat' | 'pod' | 'listener' | 'process' | 'names'; readonly machine: string }
  | { readonly stage: Overlay | 'network'; readonly from: string; readonly to: string };

/**
 * What one run sees of a scenario. Runs share nothing; they see the same faults because those follow from
 * the seed and the time of the scenario alone.
 */
export class World {
  private readonly faults: readonly { readonly schedule: WindowSchedule; readonly past: FaultWindow[] }[];
  private readonly disturbances = new Map<Fault, Disturbance>();
  private readonly noises = new Map<string, SmoothNoise | null>();

  /** @param remember whether {@link injections} will be asked for; it costs memory for every window */
  constructor(
    readonly scenario: Scenario,
    remember: boolean,
  ) {
    this.faults = scenario.faults.map((fault, index) => {
      const past: FaultWindow[] = [];
      const key = hashWords(scenario.seed, index, 0xfa17);
      const remembered = remember ? past : null;
      if (fault.kind === 'pause')
        return { schedule: new WindowSchedule(fault.when, key, { kind: 'all' }, 1, remembered), past };
      const queues = scenario.machines[fault.machine ?? '']?.queues ?? 1;
      const made = disturbance(fault, key, queues, remembered);
      this.disturbances.set(fault, made);
      return { schedule: made.schedule, past };
    });
  }

  /** The stage at a place for packets of one leg; null where nothing ever goes wrong. */
  stage(place: Place, leg: Leg): Stage | null {
    const here = this.scenario.faults.flatMap((fault) => {
      const made = this.disturbances.get(fault);
      return made !== undefined && concerns(made.fault, place, leg) ? [made] : [];
    });
    return here.length === 0 ? null : new Stage(here);
  }

  /** Windows in which the prober of a machine does not run. */
  pauses(machine: string): WindowSchedule[] {
    return this.scenario.faults.flatMap((fault, index) => {
      const made = this.faults[index];
      return made !== undefined && fault.kind === 'pause' && fault.machine === machine ? [made.schedule] : [];
    });
  }

  /** The secret of a machine's receive hash. */
  hashKey(machine: string): number {
    return hashText(hashWords(this.scenario.seed, 0x5ec2e7), machine);
  }

  /** The network from one machine to another; `noise` is null where it has none. */
  link(from: string, to: string): { latencyNs: number; routers: number; noise: SmoothNoise | null } {
    const { network } = this.scenario;
    const own = network.links.find(({ between: [a, b] }) => (a === from && b === to) || (a === to && b === from));
    const { latencyNs, routers, jitter } = own ?? network;
    const name = `${from}>${to}`;
    let noise = this.noises.get(name);
    if (noise === undefined) {
      noise = jitter.medianNs === 0 ? null : new SmoothNoise(hashText(this.scenario.seed, name), jitter);
      this.noises.set(name, noise);
    }
    return { latencyNs, routers, noise };
  }

  /** Forgets the windows that no packet arriving from this instant on can meet. */
  forget(beforeNs: number): void {
    for (const { schedule } of this.faults) schedule.forget(beforeNs);
  }

  /** What was injected until the end of the run, by start. The world is of no use afterwards. */
  injections(pathNames: readonly string[], startNs: number, endNs: number): Injection[] {
    return this.scenario.faults
      .flatMap((fault, index) => {
        const made = this.faults[index];
        made?.schedule.finish(endNs);
        const overlapping = made?.past.filter((window) => window.endNs > startNs) ?? [];
        return overlapping.map((window) => injectionOf(fault, index, window, pathNames, endNs));
      })
      .sort((a, b) => a.startNs - b.startNs);
  }
}

function concerns(fault: StageFault, place: Place, leg: Leg): boolean {
  if (fault.leg !== 'both' && fault.leg !== leg) return false;
  switch (place.stage) {
    case 'receive':
      if (fault.machine !== place.machine) return false;
      return (
        fault.stage === 'rx-queue' ||
        fault.stage === 'host' ||
        fault.stage === 'device' ||
        (fault.stage === 'sender' && place.ownReplies)
      );
    case 'transmit':
      return fault.stage === 'sender' && fault.machine === place.machine;
    case 'listener':
      return fault.stage === 'accept-queue' && fault.machine === place.machine;
    case 'process':
      return (fault.stage === 'server' || fault.stage === 'throttled') && fault.machine === place.machine;
    case 'names':
      return fault.stage === 'resolver' && fault.machine === place.machine;
    case 'nat':
    case 'pod':
      return fault.stage === place.stage && fault.machine === place.machine;
    default:
      return (
        fault.stage === place.stage &&
        (fault.from === undefined || fault.from === place.from) &&
        (fault.to === undefined || fault.to === place.to) &&
        (fault.machine === undefined || fault.machine === place.from || fault.machine === place.to)
      );
  }
}
