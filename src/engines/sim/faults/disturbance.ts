import { hashWords, unit } from './chance.js';
import { LINKS, type StageFault } from './fault-schema.js';
import { SmoothNoise } from './smooth-noise.js';
import type { SpanRange } from './span.js';
import { type FaultWindow, noteHeld, type QueueChoice, WindowSchedule } from './window.js';

/** What a stage has to know of a packet. One object is used for all, as there are millions. */
export interface Packet {
  path: number;
  flow: number;
  /** From a source port used once. */
  fresh: boolean;
  /** 32 bits that no other probe has on this crossing; chance for single packets comes from it. */
  key: number;
}

/** A packet that never arrives. */
export const DROPPED = -1;

/**
 * One fault at work, shared by all stages and both legs that it concerns.
 *
 * Waiting is a function of the arrival instant alone, which never lets a later arrival leave earlier: order is
 * kept in each queue without simulating the packets of other traffic one by one.
 */
export interface Disturbance {
  readonly fault: StageFault;
  readonly schedule: WindowSchedule;
  /** When a packet that arrives then leaves; {@link DROPPED} when it does not. */
  leave(arrivalNs: number, queue: number, packet: Packet): number;
  /**
   * For faults in whose windows nothing is served: when what would leave then may leave. A backlog that is cut
   * off by a window leaves as its first.
   */
  readonly held?: (leaveNs: number, queue: number, packet: Packet) => number;
}

/**
 * @param key of the fault, from the seed of the scenario
 * @param queues how many receive queues its machine has
 * @param remembered gets the windows that are past; null where nobody asks what was injected
 */
export function disturbance(
  fault: StageFault,
  key: number,
  queues: number,
  remembered: FaultWindow[] | null,
): Disturbance {
  const choice = chooseQueues(fault, key, queues);
  const schedule = (stretch: number): WindowSchedule =>
    new WindowSchedule(fault.when, key, choice, stretch, remembered);
  switch (fault.kind) {
    case 'stall': {
      const growth = Math.min(0.5, (fault.packetsPerSecond * fault.perPacketNs) / 1e9);
      return stall(fault, schedule((1 + growth * (queues - 1)) / (1 - growth)), growth);
    }
    case 'slow-drain':
      return stall(fault, schedule(1 / (1 - fault.load)), fault.load);
    case 'congestion':
      return delaying(fault, schedule(1), ramp(fault.peakNs, fault.rise));
    case 'jitter': {
      const noise = new SmoothNoise(hashWords(key, 1, 5), fault);
      return delaying(fault, schedule(1), (_window, arrivalNs) => noise.at(arrivalNs));
    }
    case 'loss':
      return byChance(fault, schedule(1), key, () => DROPPED);
    case 'spike':
      return byChance(fault, schedule(1), key, (arrivalNs, draw) => arrivalNs + pick(fault.lengthNs, draw));
  }
}

/**
 * Nothing is served from start to end; then the backlog is. `growth` is the service time of what arrived since
 * the start, as a share of that time: next to nothing for a stall that drains at once, and the load of the
 * queue for a slow drain. A queue is emptied after those that stand before it in the same window.
 */
function stall(fault: StageFault, schedule: WindowSchedule, growth: number): Disturbance {
  return {
    fault,
    schedule,
    leave(arrivalNs, queue, packet) {
      let leaveNs = arrivalNs;
      for (const window of schedule.delaying(arrivalNs)) {
        const rank = meets(fault, packet) ? rankOf(window, queue, fault) : -1;
        if (rank < 0) continue;
        const before = rank * (window.endNs - window.startNs);
        const freeNs = window.endNs + Math.round(growth * (before + arrivalNs - window.startNs));
        if (freeNs <= arrivalNs) continue;
        noteHeld(window, packet.path, packet.flow);
        leaveNs = Math.max(leaveNs, freeNs);
      }
      return leaveNs;
    },
    held(leaveNs, queue, packet) {
      const window = schedule.at(leaveNs);
      if (window === undefined || !meets(fault, packet) || rankOf(window, queue, fault) < 0) return leaveNs;
      noteHeld(window, packet.path, packet.flow);
      return window.endNs;
    },
  };
}

/** Delay at an arrival in a window. */
type Delay = (window: FaultWindow, arrivalNs: number) => number;

function ramp(peakNs: number, rise: number): Delay {
  return (window, arrivalNs) => {
    const share = (arrivalNs - window.startNs) / (window.endNs - window.startNs);
    return Math.round(peakNs * (share < rise ? share / rise : (1 - share) / (1 - rise)));
  };
}

function delaying(fault: StageFault, schedule: WindowSchedule, delay: Delay): Disturbance {
  return {
    fault,
    schedule,
    leave(arrivalNs, queue, packet) {
      const window = schedule.at(arrivalNs);
      if (window === undefined || !meets(fault, packet) || rankOf(window, queue, fault) < 0) return arrivalNs;
      noteHeld(window, packet.path, packet.flow);
      return arrivalNs + delay(window, arrivalNs);
    },
  };
}

function byChance(
  fault: Extract<StageFault, { kind: 'loss' | 'spike' }>,
  schedule: WindowSchedule,
  key: number,
  outcome: (arrivalNs: number, draw: number) => number,
): Disturbance {
  return {
    fault,
    schedule,
    leave(arrivalNs, queue, packet) {
      const window = schedule.at(arrivalNs);
      if (window === undefined || !meets(fault, packet) || rankOf(window, queue, fault) < 0) return arrivalNs;
      const draw = hashWords(packet.key, key, window.index);
      if (unit(draw) >= fault.ratio) return arrivalNs;
      noteHeld(window, packet.path, packet.flow);
      return outcome(arrivalNs, hashWords(draw, 3));
    },
  };
}

function pick(range: SpanRange, draw: number): number {
  return range.minNs + Math.floor(unit(draw) * (range.maxNs - range.minNs + 1));
}

function meets(fault: StageFault, packet: Packet): boolean {
  return fault.connections === 'all' || packet.fresh;
}

/** How many queues are emptied before this one, of a network none; -1 when the window does not hold it. */
function rankOf({ queues }: FaultWindow, queue: number, { stage }: StageFault): number {
  if (stage === 'network') return queues === null || queues.includes(queue) ? 0 : -1;
  return queues === null ? queue : queues.indexOf(queue);
}

function chooseQueues({ stage, queue, links }: StageFault, key: number, queues: number): QueueChoice {
  if (links !== undefined) {
    const own = hashWords(key, 1, 6) % links;
    return { kind: 'fixed', queues: Array.from({ length: LINKS / links }, (_, part) => own + part * links) };
  }
  if (queue === 'random') return { kind: 'random', count: queues };
  if (queue !== undefined) return { kind: 'fixed', queues: [queue].flat() };
  return stage === 'rx-queue' ? { kind: 'fixed', queues: [hashWords(key, 1, 4) % queues] } : { kind: 'all' };
}
