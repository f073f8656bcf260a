import { type Disturbance, DROPPED, type Packet } from '../faults/disturbance.js';

/** A part of a machine or of the network in which packets may wait: all faults that sit there for one leg. */
export class Stage {
  private readonly passing: readonly Disturbance[];
  private readonly holding: readonly Disturbance[];

  constructor(disturbances: readonly Disturbance[]) {
    this.passing = disturbances.filter((disturbance) => disturbance.held === undefined);
    this.holding = disturbances.filter((disturbance) => disturbance.held !== undefined);
  }

  /** When a packet that arrives then leaves, in the time of the scenario; {@link DROPPED} when it does not. */
  leave(arrivalNs: number, queue: number, packet: Packet): number {
    let timeNs = arrivalNs;
    for (const disturbance of this.passing) {
      timeNs = disturbance.leave(timeNs, queue, packet);
      if (timeNs === DROPPED) return DROPPED;
    }
    // Each answer never falls as the arrival gets later, and so does their maximum: no packet overtakes.
    let leaveNs = timeNs;
    for (const disturbance of this.holding) leaveNs = Math.max(leaveNs, disturbance.leave(timeNs, queue, packet));
    return leaveNs === timeNs ? timeNs : this.untilServed(leaveNs, queue, packet);
  }

  /** Nothing leaves in a window that begins while the packet waits. */
  private untilServed(freeNs: number, queue: number, packet: Packet): number {
    let leaveNs = freeNs;
    let before: number;
    do {
      before = leaveNs;
      for (const { held } of this.holding) leaveNs = held?.(leaveNs, queue, packet) ?? leaveNs;
    } while (leaveNs !== before);
    return leaveNs;
  }
}
