import type { Culprit } from '../model/culprit.js';

/** A culprit on another time line: `shiftNs` later by its clock. */
export function shiftCulprit(culprit: Culprit, shiftNs: number): Culprit {
  return {
    ...culprit,
    start: culprit.start + shiftNs,
    release: culprit.release + shiftNs,
    heldStart: culprit.heldStart + shiftNs,
    queuedOn: culprit.queuedOn.map((place) => ({ ...place, start: place.start + shiftNs })),
  };
}
