import type { EndReason } from '../../model/end-reason.js';
import type { Counters, EngineEvent, ProberHello } from '../../model/engine-event.js';
import { present } from '../../model/present.js';
import type { QualityRecord } from '../../model/records/run.js';
import { Outcomes, RECEIVED_STAMPS, type ReceivedStamp, type SampleColumns, stampPlace } from '../../model/sample.js';

/** Gathers from the events of a run how good the measurement was. */
export class RunQuality {
  #timestamps: ProberHello['got']['timestamps'] = 'kernel';
  #limits: readonly string[] | undefined;
  #pauses = 0;
  #longestPauseNs = 0;
  #missedSlots = 0;
  #stealNs = 0;
  #clockSteps = 0;
  #lostRecords = 0;
  /** Replies by the place of their stamp in `RECEIVED_STAMPS`. */
  readonly #stamps = new Float64Array(RECEIVED_STAMPS.length);
  #counters: Counters | undefined;
  #end: EndReason = 'cut-off';

  add(event: EngineEvent): void {
    switch (event.kind) {
      case 'hello':
        this.#timestamps = event.hello.got.timestamps;
        this.#limits = event.hello.limits;
        break;
      case 'samples':
        this.#addStamps(event.samples);
        for (const told of event.told ?? []) this.add(told);
        break;
      case 'pause':
        if (event.pause.cause === 'clock-step') break;
        this.#pauses += 1;
        this.#longestPauseNs = Math.max(this.#longestPauseNs, event.pause.toNs - event.pause.fromNs);
        this.#missedSlots += event.pause.missedSlots;
        this.#stealNs += Math.max(0, event.pause.stealNs);
        break;
      case 'clock':
        if (event.clock.stepNs !== 0) this.#clockSteps += 1;
        break;
      case 'counters':
        this.#counters = event.counters;
        break;
      case 'lost-records':
        this.#lostRecords += event.count;
        break;
      case 'end':
        this.#end = event.reason;
        break;
      default:
    }
  }

  /** Who stamped the arrival of each reply: stamps of different sources are not silently taken for one another. */
  #addStamps({ length, outcome, flags, requests }: SampleColumns): void {
    if (this.#timestamps === 'sim') return;
    const byPlace = this.#stamps;
    if (requests === undefined && isUniform(outcome, length) && isUniform(flags, length)) {
      if (length === 0 || (outcome[0] as number) > Outcomes.late) return;
      const place = stampPlace(flags[0] as number);
      byPlace[place] = (byPlace[place] as number) + length;
      return;
    }
    for (let i = 0; i < length; i += 1) {
      if ((outcome[i] as number) > Outcomes.late) continue;
      // Its record says it by itself, and its send is the process's in any case.
      if (requests !== undefined && requests.get(i)?.kernelStamps === true) continue;
      const place = stampPlace(flags[i] as number);
      byPlace[place] = (byPlace[place] as number) + 1;
    }
  }

  record(): QualityRecord {
    const counters = this.#counters;
    const stamps: Record<ReceivedStamp, number> = { driver: 0, socket: 0, user: 0, card: 0 };
    for (const [place, stamp] of RECEIVED_STAMPS.entries()) stamps[stamp] = this.#stamps[place] as number;
    return {
      type: 'quality',
      timestamps: this.#timestamps,
      ...present({ limits: this.#limits && [...this.#limits] }),
      pauses: this.#pauses,
      longestPauseNs: this.#longestPauseNs,
      missedSlots: Math.max(this.#missedSlots, counters?.missedSlots ?? 0),
      clockSteps: this.#clockSteps,
      stealNs: this.#stealNs,
      strays: counters?.strays ?? 0,
      forged: counters?.forged ?? 0,
      kernelDrops: counters?.kernelDrops ?? 0,
      droppedRecords: Math.max(this.#lostRecords, counters?.droppedRecords ?? 0),
      sentStampsMissing: counters?.sentStampsMissing ?? 0,
      ...(Object.values(stamps).some((count) => count > 0) ? { receivedStamps: stamps } : {}),
      cpuPerProbeNs:
        counters && counters.sent > 0 ? Math.round((counters.cpuUserNs + counters.cpuSystemNs) / counters.sent) : null,
      residentBytes: counters && counters.residentBytes > 0 ? counters.residentBytes : null,
      end: this.#end,
    };
  }
}

/** Whether all of them are the same: what is beside itself, a place on, is compared as fast as memory is read. */
function isUniform(bytes: Uint8Array, length: number): boolean {
  return length < 2 || Buffer.compare(bytes.subarray(0, length - 1), bytes.subarray(1, length)) === 0;
}
