import { allocateSamples, type SampleColumns } from '../../model/sample.js';

/** Samples that are handed on together at most. */
const CAPACITY = 4096;

/** Copies one sample from columns to columns. */
export function copySample(from: SampleColumns, i: number, to: SampleColumns, j: number): void {
  to.path[j] = from.path[i] ?? 0;
  to.seq[j] = from.seq[i] ?? 0;
  to.flow[j] = from.flow[i] ?? 0;
  to.dueNs[j] = from.dueNs[i] ?? 0;
  to.sentNs[j] = from.sentNs[i] ?? 0;
  to.rttNs[j] = from.rttNs[i] ?? 0;
  to.lagNs[j] = from.lagNs[i] ?? 0;
  to.outcome[j] = from.outcome[i] ?? 0;
  to.reply[j] = from.reply[i] ?? 0;
  to.ttl[j] = from.ttl[i] ?? 0;
  to.flags[j] = from.flags[i] ?? 0;
  to.icmpType[j] = from.icmpType[i] ?? 0;
  to.icmpCode[j] = from.icmpCode[i] ?? 0;
  to.errorCode[j] = from.errorCode[i] ?? 0;
}

/** Gathers samples and hands them on in columns of their own, so that a slow reader keeps what it got. */
export class SampleBatch {
  private readonly gathered = allocateSamples(CAPACITY);
  private length = 0;

  get full(): boolean {
    return this.length === CAPACITY;
  }

  get empty(): boolean {
    return this.length === 0;
  }

  /** Room for one more sample at the returned index of {@link columns}. Only while not {@link full}. */
  add(): number {
    return this.length++;
  }

  get columns(): SampleColumns {
    return this.gathered;
  }

  take(): SampleColumns {
    const { gathered: all, length } = this;
    this.length = 0;
    return {
      length,
      path: all.path.slice(0, length),
      seq: all.seq.slice(0, length),
      flow: all.flow.slice(0, length),
      dueNs: all.dueNs.slice(0, length),
      sentNs: all.sentNs.slice(0, length),
      rttNs: all.rttNs.slice(0, length),
      lagNs: all.lagNs.slice(0, length),
      outcome: all.outcome.slice(0, length),
      reply: all.reply.slice(0, length),
      ttl: all.ttl.slice(0, length),
      flags: all.flags.slice(0, length),
      icmpType: all.icmpType.slice(0, length),
      icmpCode: all.icmpCode.slice(0, length),
      errorCode: all.errorCode.slice(0, length),
    };
  }
}
