import type { PathObservation } from './observation.js';

/**
 * Which flows of which path waited in one incident, and which passed, side by side in memory: all incidents are gone
 * through for each path again and again.
 */
export class IncidentFlows {
  /** The flows that waited on the first path, those that passed there, those that waited on the next, and so on. */
  readonly flows: Uint16Array;
  /** Where in it those that waited on a path begin: at twice its index; those that passed at the place after. */
  readonly begins: Uint32Array;
  /** By path: flows with both, new ports that waited, and new ports that passed. */
  readonly mixed: Uint32Array;
  readonly freshHeld: Uint32Array;
  readonly freshClean: Uint32Array;
  /** By path, 1 where anything was under way. */
  readonly seen: Uint8Array;

  constructor(paths: readonly (PathObservation | null)[]) {
    const count = paths.length;
    this.begins = new Uint32Array(2 * count + 1);
    this.mixed = new Uint32Array(count);
    this.freshHeld = new Uint32Array(count);
    this.freshClean = new Uint32Array(count);
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
    this.flows = Uint16Array.from(flows);
  }
}
