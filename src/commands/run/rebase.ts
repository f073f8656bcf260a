import type { EngineEvent } from '../../model/engine-event.js';

/**
 * An event of one vantage on the time line of the whole run. The columns of samples are changed in place, as they
 * have no other reader.
 *
 * @param byNs what is added to every instant
 */
export function rebase(event: EngineEvent, byNs: number): EngineEvent {
  switch (event.kind) {
    case 'samples': {
      const { length, dueNs, sentNs } = event.samples;
      for (let index = 0; index < length; index += 1) {
        dueNs[index] = (dueNs[index] ?? 0) + byNs;
        sentNs[index] = (sentNs[index] ?? 0) + byNs;
      }
      return event;
    }
    case 'start':
      return { ...event, epochRealNs: event.epochRealNs - BigInt(byNs), epochMonoNs: event.epochMonoNs - BigInt(byNs) };
    case 'pause':
      return { ...event, pause: { ...event.pause, fromNs: event.pause.fromNs + byNs, toNs: event.pause.toNs + byNs } };
    case 'counters':
      return { ...event, counters: { ...event.counters, timeNs: event.counters.timeNs + byNs } };
    case 'clock':
      return { ...event, clock: { ...event.clock, timeNs: event.clock.timeNs + byNs } };
    case 'arrivals': {
      const { length, timeNs } = event.arrivals;
      for (let index = 0; index < length; index += 1) timeNs[index] = (timeNs[index] ?? 0) + byNs;
      return event;
    }
    case 'cpu-gap':
      return { ...event, gap: { ...event.gap, fromNs: event.gap.fromNs + byNs, toNs: event.gap.toNs + byNs } };
    case 'thread-delay':
      return { ...event, delay: { ...event.delay, fromNs: event.delay.fromNs + byNs, toNs: event.delay.toNs + byNs } };
    case 'softnet':
      return {
        ...event,
        softnet: { ...event.softnet, fromNs: event.softnet.fromNs + byNs, toNs: event.softnet.toNs + byNs },
      };
    case 'end':
      return { ...event, timeNs: event.timeNs + byNs };
    default:
      return event;
  }
}
