import type { Finding, Stall } from '../model/finding.js';
import { type SampleColumns, SampleFlags } from '../model/sample.js';
import { MS } from '../model/time.js';
import type { DetectedPath, DetectOptions } from './detected-path.js';

const HELD = SampleFlags.heldBeforeQueue | SampleFlags.heldInQueue;
const NO_STALLS: readonly Stall[] = [];

/** Shorter than this nothing waited that anybody would notice. */
const LEAST_STALL_NS = 5 * MS;

/** What judges the waits: the detector of a path, which has this among its parts. */
interface WaitDetector {
  readonly busy: boolean;
  observeWait(fromNs: number, waitNs: number, flow: number): void;
  advance(nowNs: number): void;
  finish(nowNs: number): void;
  take(explained: (finding: Finding) => boolean): readonly Finding[];
}

/**
 * Stalls on the vantage's own way out. Probes that the kernel held after the send call (for address resolution, in a
 * queue of the interface) leave when it lets them go: hand-over + wait is one instant for all of them, as with a stall
 * on the network, while their RTT, which counts from the transmit stamp, is as ever. So the same detector judges them,
 * with the wait in place of the RTT; what was not held is not in its series, as in a capture of slow probes alone.
 */
export class WayOut {
  #detector: WaitDetector | undefined;

  constructor(private readonly create: () => WaitDetector) {}

  /** Takes in sample `i` if it was held. */
  observe(samples: SampleColumns, i: number): void {
    if (((samples.flags[i] as number) & HELD) === 0) return;
    const waitNs = samples.txDelayNs[i] as number;
    this.#detector ??= this.create();
    this.#detector.observeWait((samples.sentNs[i] as number) - waitNs, waitNs, samples.flow[i] as number);
  }

  advance(nowNs: number): void {
    this.#detector?.advance(nowNs);
  }

  finish(nowNs: number): void {
    this.#detector?.finish(nowNs);
  }

  get busy(): boolean {
    return this.#detector?.busy ?? false;
  }

  /** Complete stalls since the last call; waits without a common end are the business of the send error. */
  take(explained: (finding: Finding) => boolean): readonly Stall[] {
    const found = this.#detector?.take(explained);
    if (found === undefined || found.length === 0) return NO_STALLS;
    return found.flatMap((finding) => (finding.kind === 'stall' ? [{ ...finding, leg: 'out' as const }] : []));
  }
}

/** How the waits of a path are judged. */
export function wayOutOf(path: DetectedPath, options: DetectOptions): [DetectedPath, DetectOptions] {
  const stallThresholdNs = options.stallThresholdNs ?? Math.max(LEAST_STALL_NS, 2 * path.intervalNs);
  return [
    { ...path, censored: true },
    { ...options, stallThresholdNs },
  ];
}
