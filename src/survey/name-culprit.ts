import { explainIncidents } from '../correlate/explain.js';
import type { HeldInterval } from '../correlate/incident-trace.js';
import { joinVerdict } from '../correlate/join-verdict.js';
import type { Explanation } from '../model/explanation.js';
import type { TracedNode } from '../model/fleet/fleet-evidence.js';
import { MS } from '../model/time.js';
import type { Verdict } from '../model/verdict.js';
import { CLOCK_NS } from './incident-times.js';

/** A release is seen by so much later than packets went on. */
const USUAL_RTT_NS = 1 * MS;

export interface Incident {
  readonly startNs: number;
  readonly releaseNs: number;
}

/**
 * The verdict on a node with what its own kernel says of the incidents: who held packets back there, or that nobody did.
 * Unchanged where its agent does not trace it.
 */
export function withCulprit(
  verdict: Verdict,
  node: string,
  incidents: readonly Incident[],
  traced: readonly TracedNode[],
): { readonly verdict: Verdict; readonly kernelSays?: Explanation['conclusion'] } {
  const machine = traced.find((one) => one.node === node);
  if (machine === undefined) return { verdict };
  const { culprits, tracedFromNs, lostEvents, minNs } = machine;
  const within = incidents.filter(({ startNs }) => startNs > tracedFromNs || !Number.isFinite(tracedFromNs));
  const held = within.map(
    ({ startNs, releaseNs }): HeldInterval => ({
      startMinNs: startNs,
      startMaxNs: startNs,
      releaseNs,
      usualRttNs: USUAL_RTT_NS,
    }),
  );
  const explanation = explainIncidents(
    held,
    [],
    [
      {
        vantage: node,
        culprits,
        // The incident is told by the clock of one agent, the wait by that of another.
        clockUncertaintyNs: 2 * CLOCK_NS,
        minNs,
        tracedFromNs,
        tracedToNs: Number.POSITIVE_INFINITY,
        losses:
          lostEvents === 0
            ? []
            : [
                { timeNs: Number.NEGATIVE_INFINITY, lostEvents: 0 },
                { timeNs: 0, lostEvents },
              ],
      },
    ],
  );
  return { verdict: joinVerdict(verdict, explanation, [node]), kernelSays: explanation.conclusion };
}
