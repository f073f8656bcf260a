import type { MeasuredPath } from '../../model/measured-path.js';
import { FRESH_FLOW, Outcomes, type SampleColumns, SampleFlags, stampPlace } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { RunningMedian } from '../../stats/running-median.js';
import { StampScale } from '../../stats/stamp-scale.js';
import { requestPart } from '../evidence/request-part.js';

/** Findings of a stall come within about 1 s, of congestion after its end: so far back probes are remembered. */
const REMEMBERED_NS = 16 * SECOND;
const MOST_REMEMBERED = 8_192;
/** Excess that tells a held probe from a slow one on a quiet path. */
const LEAST_LEVEL_NS = 2 * MS;
const MOST_LEVEL_NS = 25 * MS;

/** Answers may stand so much out of the order in which they came. */
const OUT_OF_ORDER_NS = 500 * MS;

/** Probes of one stretch of the ring, as a power of two; what was sent too late is passed over stretch by stretch. */
const STRETCH_BITS = 6;
const WITHIN_STRETCH = (1 << STRETCH_BITS) - 1;

const MOST_PROFILES = 256;

/** What the replies of one fixed flow have in common. */
export interface FlowProfile {
  /** 0 unknown. */
  readonly ttl: number;
  /** The quickest reply. */
  leastRttNs: number;
}

/** By fixed flow. */
export type FlowProfiles = ReadonlyMap<number, FlowProfile>;

/** One probe as remembered. `rttNs` is -1 for a lost one. */
export interface LoggedProbe {
  readonly sentNs: number;
  readonly rttNs: number;
  readonly flow: number;
  /** Who stamped the arrival of the reply: the place in `RECEIVED_STAMPS`. */
  readonly stamp: number;
  /** Of a request, in which part it spent its time: one of `REQUEST_PARTS`. */
  readonly part: number;
}

/** The recent probes of one path, in a ring of fixed size, and what RTT it usually has. */
export class PathLog {
  readonly #sent: Float64Array;
  readonly #rtt: Float64Array;
  readonly #flow: Uint16Array;
  readonly #seq: Uint32Array;
  readonly #stamp: Uint8Array;
  readonly #part: Uint8Array;
  /** By stretch, when the first of its probes was sent. */
  readonly #firstSent: Float64Array;
  readonly #usual = new RunningMedian();
  readonly #scale = new StampScale(this.#usual);
  readonly #profiles = new Map<number, FlowProfile>();
  #usualStamp = 0;
  #end = 0;
  #answered = 0;
  #leastNs = 0;
  readonly #ttls = new Set<number>();

  constructor(path: Pick<MeasuredPath, 'intervalNs' | 'freshPerSecond'>) {
    const wanted = REMEMBERED_NS / path.intervalNs + (REMEMBERED_NS / SECOND) * path.freshPerSecond;
    const size = Math.min(MOST_REMEMBERED, 2 ** Math.max(STRETCH_BITS, Math.ceil(Math.log2(wanted))));
    this.#sent = new Float64Array(size);
    this.#rtt = new Float64Array(size);
    this.#flow = new Uint16Array(size);
    this.#seq = new Uint32Array(size);
    this.#stamp = new Uint8Array(size);
    this.#part = new Uint8Array(size);
    this.#firstSent = new Float64Array(size >> STRETCH_BITS);
  }

  /** Whether probes were lost and none was ever answered: no route, or nobody there. */
  get silent(): boolean {
    return this.#answered === 0 && this.#end > 0;
  }

  /** The quickest reply of all; 0 until one came. */
  get leastRttNs(): number {
    return this.#leastNs;
  }

  /** Usual RTT; 0 until known. */
  get baseNs(): number {
    return this.#usual.ready ? this.#usual.median : 0;
  }

  /** Excess from which on a probe counts as held. */
  get levelNs(): number {
    return Math.min(MOST_LEVEL_NS, Math.max(LEAST_LEVEL_NS, 3 * Math.max(this.#usual.tail, this.#scale.noiseNs)));
  }

  /** Who stamps the arrival of most replies: the place in `RECEIVED_STAMPS`. */
  get usualStamp(): number {
    return this.#usualStamp;
  }

  /** Of the replies of fixed flows: several where not all are answered by the same machine, or come one way. */
  get ttls(): ReadonlySet<number> {
    return this.#ttls;
  }

  /** By fixed flow. */
  get profiles(): FlowProfiles {
    return this.#profiles;
  }

  observe(samples: SampleColumns, i: number): void {
    const outcome = samples.outcome[i] as number;
    if (outcome > Outcomes.lost || ((samples.flags[i] as number) & SampleFlags.clockStep) !== 0) {
      return;
    }
    const flags = samples.flags[i] as number;
    const flow = samples.flow[i] as number;
    let rttNs = samples.rttNs[i] as number;
    if (outcome !== Outcomes.lost) {
      rttNs = this.#scale.scaled(rttNs, flags);
      // It says neither that it passed nor that it waited while nothing is known of its stamps.
      if (Number.isNaN(rttNs)) return;
      this.#leastNs = this.#answered === 0 ? rttNs : Math.min(this.#leastNs, rttNs);
      this.#answered += 1;
      if (this.#scale.isMain(flags)) {
        this.#usual.push(rttNs);
        this.#usualStamp = stampPlace(flags);
      }
      this.#note(flow, samples.ttl[i] as number, rttNs);
    }
    const at = this.#end % this.#sent.length;
    const sentNs = samples.sentNs[i] as number;
    const stretch = at >> STRETCH_BITS;
    if ((at & WITHIN_STRETCH) === 0 || sentNs < (this.#firstSent[stretch] as number)) this.#firstSent[stretch] = sentNs;
    this.#sent[at] = sentNs;
    this.#rtt[at] = outcome === Outcomes.lost ? -1 : rttNs;
    this.#flow[at] = flow;
    this.#seq[at] = samples.seq[i] as number;
    this.#stamp[at] = stampPlace(flags);
    this.#part[at] = samples.requests === undefined ? 0 : requestPart(samples.requests.get(i), rttNs);
    this.#end += 1;
  }

  /** Probes sent from `fromNs` to `toNs`, each with its last word: a late reply stands for the loss before it. */
  sentWithin(fromNs: number, toNs: number): LoggedProbe[] {
    // A ring whose size is a power of two.
    const mask = this.#sent.length - 1;
    const found: number[] = [];
    let lost = false;
    const oldest = Math.max(0, this.#end - mask - 1);
    for (let place = this.#end - 1; place >= oldest; place -= 1) {
      const at = place & mask;
      const before = at & WITHIN_STRETCH;
      // Where the newest stretch begins the oldest one ends: it is looked at probe by probe.
      if (place - before >= oldest && (this.#firstSent[at >> STRETCH_BITS] as number) > toNs) {
        place -= before;
        continue;
      }
      const sentNs = this.#sent[at] as number;
      const rttNs = this.#rtt[at] as number;
      if (sentNs >= fromNs && sentNs <= toNs) {
        found.push(at);
        if (rttNs < 0) lost = true;
      }
      // They stand in the order in which their outcome was known: before what was answered by then nothing was sent later.
      if (rttNs >= 0 && sentNs + rttNs < fromNs - OUT_OF_ORDER_NS) break;
    }
    found.reverse();
    // Only what was lost first may have a further word.
    if (!lost) return found.map((at) => this.#probe(at));
    const bySeq = new Map<number, LoggedProbe>();
    for (const at of found) bySeq.set(this.#seq[at] as number, this.#probe(at));
    return [...bySeq.values()];
  }

  #probe(at: number): LoggedProbe {
    return {
      sentNs: this.#sent[at] as number,
      rttNs: this.#rtt[at] as number,
      flow: this.#flow[at] as number,
      stamp: this.#stamp[at] as number,
      part: this.#part[at] as number,
    };
  }

  #note(flow: number, ttl: number, rttNs: number): void {
    if (flow === FRESH_FLOW) return;
    const known = this.#profiles.get(flow);
    if (known !== undefined) {
      known.leastRttNs = Math.min(known.leastRttNs, rttNs);
      return;
    }
    if (this.#profiles.size >= MOST_PROFILES) return;
    this.#profiles.set(flow, { ttl, leastRttNs: rttNs });
    if (ttl !== 0) this.#ttls.add(ttl);
  }
}
