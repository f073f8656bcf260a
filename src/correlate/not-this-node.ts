import type { Culprit } from '../model/culprit.js';
import type { WaitTotals } from '../model/kernel-event.js';
import { fixFor } from './fixes.js';

/**
 * What a run is to say when no wait was found that this machine is to blame for.
 *
 * @param minNs shortest wait that would have been reported
 */
export function notThisNode(
  totals: readonly WaitTotals[],
  minNs: number,
  run: { readonly endNs: number; readonly netns: number },
): Culprit {
  const waits = totals.reduce((sum, { waits }) => sum + waits, 0);
  const longest = Math.max(0, ...totals.map(({ longestNs }) => longestNs));
  return {
    type: 'culprit',
    class: 'not-this-node',
    cpu: -1,
    start: 0,
    release: run.endNs,
    waitNs: 0,
    heldStart: 0,
    lengthNs: 0,
    heldNs: 0,
    heldShare: 0,
    queuedOn: [],
    rxray: false,
    process: null,
    syscall: null,
    handler: null,
    cgroup: null,
    container: null,
    pod: null,
    servedBy: '',
    netns: run.netns,
    interface: 0,
    stack: [],
    shares: [],
    stealNs: -1,
    because: `no received packet of this network namespace waited ${Math.round(minNs / 1e5) / 10} ms for its CPU (receive work was asked for ${waits} times, all namespaces taken together; the longest wait was ${Math.round(longest / 1e3)} µs)`,
    fix: fixFor('not-this-node', undefined, undefined, null),
  };
}
