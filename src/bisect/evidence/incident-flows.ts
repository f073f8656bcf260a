import type { PathObservation } from './observation.js';

/**
 * Which flows of which path waited in one incident, and which passed, side by side in memory: they are gone through for
 * all paths again and again.
 */
export class IncidentFlows {
  /** The flows that waited on the first path, those that passed there, those that waited on the next, and so on. */
  readonly flows: Uint32Array;
  /** Where in it those that waited on a path begin: at twice its index; those that passed at the place after. */
  readonly begins: Uint32Array;
  /** By path: flows with both, new ports that waited, and new ports that passed; a part of one may count. */
  readonly mixed: Float64Array;
  readonly freshHeld: Float64Array;
  readonly freshClean: Float64Array;
  /** By path, 1 where anything was under way. */
  readonly seen: Uint8Array;

  constructor(paths: readonly (PathObservation | null)[]) {
    const count = paths.length;
    this.begins = new Uint32Array(2 * count + 1);
    this.mixed = new Float64Array(count);
    this.freshHeld = new Float64Array(count);
    this.freshClean = new Float64Array(count);
    this.seen = new Uint8Array(count);
    const flows: number[] = [];
    for (const [path, seen] of paths.entries()) {
      this.begins[2 * path] = flows.length;
      if (seen !== null) flows.push(...seen.hit);
      this.begins[2 * path + 1] = flows.length;
      if (seen === null) continue;
      flows.push(...seen.clean);
      this.mixed[path] = seen.mixed;
      this.freshHeld[path] = seen.freshHeld;
      this.freshClean[path] = seen.freshClean;
      this.seen[path] = 1;
    }
    this.begins[2 * count] = flows.length;
    this.flows = Uint32Array.from(flows);
  }
}
