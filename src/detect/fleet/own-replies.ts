import type { Arrived } from '../../model/fleet/arrived.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import { Outcomes, type SampleColumns, SampleFlags } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { SlidingMinimum } from '../../stats/sliding-minimum.js';

/** As arrivals are judged: by the least of the last 30 s. */
const BASELINE = { stepNs: SECOND, steps: 30 } as const;
/** A stamp of the prober itself tells when the prober ran, not when the packet came. */
const NO_ARRIVAL = SampleFlags.clockStep | SampleFlags.userSentStamp | SampleFlags.userReceivedStamp;

/**
 * Takes the replies to a node's own probes for arrivals there: they cross its receive queues as well, with its own stamp.
 * Instants stay those of the samples. Pure.
 */
export class OwnReplies {
  readonly #least: readonly SlidingMinimum[];

  /** @param paths in the order in which samples refer to them */
  constructor(private readonly paths: readonly EdgePath[]) {
    this.#least = paths.map(() => new SlidingMinimum(BASELINE.stepNs, BASELINE.steps));
  }

  arrived(samples: SampleColumns): Arrived[] {
    const arrived: Arrived[] = [];
    for (let i = 0; i < samples.length; i += 1) {
      const index = samples.path[i] as number;
      const path = this.paths[index];
      const rttNs = samples.rttNs[i] as number;
      if (path === undefined || rttNs < 0 || (samples.outcome[i] as number) > Outcomes.late) continue;
      if (((samples.flags[i] as number) & NO_ARRIVAL) !== 0) continue;
      const timeNs = (samples.sentNs[i] as number) + rttNs;
      const least = this.#least[index] as SlidingMinimum;
      least.push(timeNs, rttNs);
      arrived.push({
        what: 'reply',
        sender: path.to,
        target: path.address,
        protocol: path.protocol,
        sourcePort: samples.flow[i] as number,
        targetPort: path.port ?? 0,
        timeNs,
        lateNs: rttNs - least.minimum,
        backlogNs: 0,
      });
    }
    return arrived;
  }
}
