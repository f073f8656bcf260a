import type { SampleColumns } from '../model/sample.js';
import { RunningMedian } from '../stats/running-median.js';
import type { SentProbe } from './explain.js';

/** Less over the usual is no delay that a culprit is asked for. */
const DELAYED_NS = 1_000_000;
/** The oldest are forgotten. */
const MOST = 50_000;

/** The probes that came back late, of all paths of a run. */
export class DelayedProbes {
  readonly #usual: RunningMedian[];
  #slow: { readonly path: number; readonly seq: number; readonly sentNs: number; readonly rttNs: number }[] = [];

  /** @param names of the paths, by their index in samples */
  constructor(private readonly names: readonly string[]) {
    this.#usual = names.map(() => new RunningMedian());
  }

  take(samples: SampleColumns): void {
    for (let i = 0; i < samples.length; i += 1) {
      const path = samples.path[i] as number;
      const rttNs = samples.rttNs[i] as number;
      const usual = this.#usual[path];
      if (rttNs < 0 || usual === undefined) continue;
      usual.push(rttNs);
      if (usual.ready && rttNs - usual.median > DELAYED_NS) {
        this.#slow.push({ path, seq: samples.seq[i] as number, sentNs: samples.sentNs[i] as number, rttNs });
      }
    }
    if (this.#slow.length > MOST) this.#slow = this.#slow.slice(-MOST / 2);
  }

  /** RTT of a path when nothing waits; 0 until known. */
  usualRttNs(name: string): number {
    const usual = this.#usual[this.names.indexOf(name)];
    return usual?.ready ? usual.median : 0;
  }

  all(): SentProbe[] {
    return this.#slow.map(({ path, ...probe }) => {
      const name = this.names[path] ?? '';
      return { ...probe, path: name, usualRttNs: this.usualRttNs(name) };
    });
  }
}
