import type { LocalEvidence, TraceCoverage } from '../../bisect/evidence/local-evidence.js';
import type { KernelEvent } from '../../model/kernel-event.js';
import { MS } from '../../model/time.js';

/** With clocks that may be further apart nobody can say which incident a wait belongs to. */
const TOO_UNCERTAIN_NS = 20 * MS;

/** Who is told what the kernel shows, on the time line of the run. */
export interface TraceEvidence {
  local(evidence: LocalEvidence): void;
  trace(coverage: TraceCoverage): void;
}

/**
 * What a tracer tells, as evidence about its machine: each wait, whoever held the CPU; and from when to when there would
 * have been others, so that their absence counts too.
 */
export class TraceTeller {
  #fromNs: number | undefined;
  #untilNs = 0;
  #lost = 0;

  constructor(
    private readonly machine: string,
    /** The shortest wait that it tells of, and how far its clock may be off, after alignment. */
    private readonly limits: { readonly minNs: number; readonly uncertaintyNs: number },
    private readonly evidence: TraceEvidence,
  ) {}

  /** @param shiftNs brings its instants to the time line of the run */
  take(event: KernelEvent, shiftNs: number): void {
    const { uncertaintyNs } = this.limits;
    if (uncertaintyNs > TOO_UNCERTAIN_NS) return;
    switch (event.kind) {
      case 'hello':
        this.#cover(shiftNs);
        break;
      case 'cost': {
        const { timeNs, lostEvents, droppedRecords } = event.cost;
        this.#untilNs = timeNs + shiftNs;
        // What got lost may have been a wait: up to here nothing follows from there being none.
        if (lostEvents + droppedRecords > this.#lost) this.#cover(this.#untilNs);
        this.#lost = lostEvents + droppedRecords;
        break;
      }
      case 'wait': {
        const { cpu, fromNs, toNs } = event.wait;
        this.#untilNs = Math.max(this.#untilNs, toNs + shiftNs);
        this.evidence.local({
          kind: 'kernel-wait',
          machine: this.machine,
          cpu,
          fromNs: Math.round(fromNs + shiftNs - uncertaintyNs),
          toNs: Math.round(toNs + shiftNs + uncertaintyNs),
        });
        break;
      }
      default:
        break;
    }
  }

  /** The tracer has ended: of what comes later it knows nothing. */
  end(lastNs = 0): void {
    if (this.#fromNs === undefined) return;
    this.#tell(Math.round(Math.max(this.#untilNs, lastNs)));
  }

  #cover(fromNs: number): void {
    this.#fromNs = Math.round(fromNs + this.limits.uncertaintyNs);
    this.#tell(Number.POSITIVE_INFINITY);
  }

  #tell(toNs: number): void {
    const { machine, limits } = this;
    this.evidence.trace({ machine, fromNs: this.#fromNs ?? toNs, toNs, minNs: limits.minNs });
  }
}
