import type { IncidentFlows } from './incident-flows.js';

/** What is asked of an incident: its flows, and how likely it is that a path did what it did by mistake. */
interface SeenIncident {
  readonly flows: IncidentFlows;
  number(of: 'any', path: number): number;
}

/**
 * What the incidents of a case show of one path, side by side in memory: for each cause that holds it by flow they are
 * gone through again and again, and to find it in each incident takes longer than what is reckoned with it.
 */
export class PathColumns {
  /** By incident, 1 where anything was under way. */
  readonly seen: Uint8Array;
  /** The flows that waited in the first incident, those that passed there, those that waited in the next, and so on. */
  readonly flows: Uint32Array;
  /** Where in it those that waited in an incident begin: at twice its index; those that passed at the place after. */
  readonly begins: Uint32Array;
  /** The highest flow and one; 0 for none. */
  readonly flowCount: number;
  /** By incident: flows with both, new ports that waited, and new ports that passed. */
  readonly mixed: Float64Array;
  readonly freshHeld: Float64Array;
  readonly freshClean: Float64Array;
  /** By incident, how likely it is that the path did so by mistake. */
  readonly any: Float64Array;

  constructor(incidents: readonly SeenIncident[], path: number) {
    const count = incidents.length;
    this.seen = new Uint8Array(count);
    this.begins = new Uint32Array(2 * count + 1);
    this.mixed = new Float64Array(count);
    this.freshHeld = new Float64Array(count);
    this.freshClean = new Float64Array(count);
    this.any = new Float64Array(count);
    const all: number[] = [];
    let flowCount = 0;
    for (let incident = 0; incident < count; incident += 1) {
      const one = incidents[incident] as SeenIncident;
      const { flows, begins, mixed, freshHeld, freshClean, seen } = one.flows;
      const first = begins[2 * path] as number;
      const middle = begins[2 * path + 1] as number;
      const end = begins[2 * path + 2] as number;
      this.begins[2 * incident] = all.length;
      this.begins[2 * incident + 1] = all.length + middle - first;
      for (let at = first; at < end; at += 1) {
        const flow = flows[at] as number;
        if (flow >= flowCount) flowCount = flow + 1;
        all.push(flow);
      }
      this.seen[incident] = seen[path] as number;
      this.mixed[incident] = mixed[path] as number;
      this.freshHeld[incident] = freshHeld[path] as number;
      this.freshClean[incident] = freshClean[path] as number;
      this.any[incident] = one.number('any', path);
    }
    this.begins[2 * count] = all.length;
    this.flows = Uint32Array.from(all);
    this.flowCount = flowCount;
  }
}

const remembered = new WeakMap<readonly SeenIncident[], (PathColumns | undefined)[]>();

/** @param incidents those of a case */
export function pathColumns(incidents: readonly SeenIncident[], path: number): PathColumns {
  const ofCase = remembered.get(incidents) ?? [];
  remembered.set(incidents, ofCase);
  ofCase[path] ??= new PathColumns(incidents, path);
  return ofCase[path];
}
