import type { Culprit } from '../model/culprit.js';
import type { WaitTotals } from '../model/kernel-event.js';
import { fixFor } from './fixes.js';

/**
 * What a run is to say in which no wait was found. The node is cleared only where packets came in that could have
 * waited, and none did, in this namespace or in another.
 *
 * @param minNs shortest wait that would have been reported
 * @param run its namespace: 0 all of them
 */
export function noWait(
  totals: readonly WaitTotals[],
  minNs: number,
  run: { readonly endNs: number; readonly netns: number },
): Culprit {
  const longestNs = Math.max(0, ...totals.map((total) => total.longestNs));
  const said = conclusion(totals, minNs, run.netns, longestNs);
  return {
    type: 'culprit',
    class: said.class,
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
    because: said.because,
    fix: said.fix,
  };
}

function conclusion(
  totals: readonly WaitTotals[],
  minNs: number,
  netns: number,
  longestNs: number,
): Pick<Culprit, 'class' | 'because' | 'fix'> {
  const waits = totals.reduce((sum, total) => sum + total.waits, 0);
  const here = netns === 0 ? '' : ' of this network namespace';
  if (!totals.some(({ received }) => received)) {
    return {
      class: 'unattributed',
      because: `no packet${here} came in while it was traced, so nothing can be said`,
      fix: `send some meanwhile (rxray probe)${netns === 0 ? '' : ', or trace --all-namespaces'}`,
    };
  }
  if (longestNs >= minNs && netns !== 0) {
    return {
      class: 'unattributed',
      because: `no packet${here} waited ${ms(minNs)} for its CPU, but another namespace waited ${ms(longestNs)}`,
      fix: 'trace it too: --all-namespaces (those of pods are on this node as well)',
    };
  }
  return {
    class: 'not-this-node',
    because: `no received packet${here} waited ${ms(minNs)} for its CPU (receive work was asked for ${waits} times, all namespaces taken together; the longest wait was ${Math.round(longestNs / 1e3)} µs)`,
    fix: fixFor('not-this-node', undefined, undefined, null),
  };
}

function ms(ns: number): string {
  return `${Math.round(ns / 1e5) / 10} ms`;
}
