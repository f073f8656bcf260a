import { allocateSamples, Outcomes, type SampleColumns, takeSamples } from '../../../model/sample.js';
import type { Packet } from '../packet/packet.js';
import { type PendingTable, Repeats } from './pending-table.js';

const BATCH = 4_096;

/** Exchanges of a capture: samples, and beside them the number by which another capture of the same probes knows them. */
export interface ExchangeBatch {
  /** `flow` is the source port as it stands in the packet, 0 for an echo; `seq` counts the probes of a path. */
  readonly samples: SampleColumns;
  readonly keys: Uint32Array;
  /** 1 where a probe shortly before had the same number: by it the two are not told apart. */
  readonly repeated: Uint8Array;
}

/** Gathers samples, and hands them over in portions. */
export class ExchangeBatches {
  readonly #columns = allocateSamples(BATCH);
  readonly #keys = new Uint32Array(BATCH);
  readonly #repeated = new Uint8Array(BATCH);
  #filled = 0;

  /** @param deliver takes a portion; it is overwritten afterwards */
  constructor(private readonly deliver: (batch: ExchangeBatch) => void) {}

  /** Adds the outcome of the probe in `slot`; `packet` is what it was answered by. */
  add(pending: PendingTable, slot: number, outcome: number, rttNs: number, reply: number, packet: Packet | null): void {
    const columns = this.#columns;
    const i = this.#filled;
    const sentNs = pending.sentNs[slot] as number;
    columns.path[i] = pending.path[slot] as number;
    columns.seq[i] = pending.seq[slot] as number;
    columns.flow[i] = pending.port[slot] as number;
    columns.dueNs[i] = sentNs;
    columns.sentNs[i] = sentNs;
    columns.rttNs[i] = rttNs;
    columns.outcome[i] = outcome;
    columns.reply[i] = reply;
    columns.ttl[i] = reply === 0 || packet === null ? 0 : packet.ttl;
    columns.flags[i] = 0;
    const isError = outcome === Outcomes.error && packet !== null;
    columns.icmpType[i] = isError ? packet.icmpType : 0;
    columns.icmpCode[i] = isError ? packet.icmpCode : 0;
    this.#keys[i] = keyOf(pending.number[slot] as number, pending.port[slot] as number);
    this.#repeated[i] = pending.again[slot] === Repeats.none ? 0 : 1;
    this.#filled += 1;
    if (this.#filled === BATCH) this.flush();
  }

  flush(): void {
    if (this.#filled === 0) return;
    const samples = takeSamples(this.#columns, this.#filled);
    this.deliver({ samples, keys: this.#keys, repeated: this.#repeated });
    this.#filled = 0;
  }
}

/** Number and port in one word. An echo, which has no port, keeps its number. */
function keyOf(number: number, port: number): number {
  if (port === 0) return number >>> 0;
  const mixed = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b) ^ Math.imul(port, 0xc2b2_ae35);
  return Math.imul(mixed ^ (mixed >>> 13), 0x27d4_eb2f) >>> 0;
}
