import type { FlowSighting } from '../../stats/flow-groups.js';
import { type KeptFlows, keptFlows, type PortsByPath } from './kept-flows.js';

/** What is to become of the flows of a sweep. */
export type FlowChange =
  | { readonly to: 'kept'; readonly ports: PortsByPath }
  | { readonly to: 'all'; readonly because: string };

/** One that contradicts may be a stray; flows that are grouped anew contradict again and again. */
const LEAST_CONTRADICTIONS = 2;
/** Stalls that the usual probes saw since one held a flow that was kept for it. */
const MOST_MISSED = 3;
/** What is grouped anew all the time cannot be known. */
const MOST_CHOICES = 2;

/** The flows of a sweep: all of them until it is known which share a queue, and again when that holds no more. Pure. */
export class SweptFlows {
  #sightings: FlowSighting[] = [];
  #kept: KeptFlows | null = null;
  #choices = 0;
  #contradictions = 0;
  #missed = 0;

  /** @param range what new ports may be taken from */
  constructor(private readonly range: readonly [number, number]) {}

  /**
   * A sweep of the same paths begins once more.
   *
   * @returns the ports that are still taken for known; null where it begins with all flows
   */
  again(): PortsByPath | null {
    this.#sightings = [];
    this.#choices = this.#kept === null ? 0 : 1;
    this.#contradictions = 0;
    this.#missed = 0;
    return this.#kept?.ports ?? null;
  }

  /**
   * A stall that the sweep saw.
   *
   * @param sighting its flows, by `flowOf`
   * @param ports those of the sweep, by path and flow
   */
  saw(sighting: FlowSighting, ports: PortsByPath): FlowChange | null {
    if (this.#kept !== null) return this.#check(sighting, this.#kept);
    this.#sightings.push(sighting);
    if (this.#choices === MOST_CHOICES) return null;
    this.#kept = keptFlows(this.#sightings, ports, this.range);
    if (this.#kept === null) return null;
    this.#choices += 1;
    this.#contradictions = 0;
    this.#missed = 0;
    return { to: 'kept', ports: this.#kept.ports };
  }

  /** A stall that the usual probes saw on the same way. */
  usualSaw(): FlowChange | null {
    if (this.#kept === null) return null;
    this.#missed += 1;
    return this.#missed < MOST_MISSED ? null : this.#all(`${MOST_MISSED} stalls held none of the flows kept for them`);
  }

  /** The ports that were chosen cannot be had. */
  refused(why: string): FlowChange | null {
    this.#choices = MOST_CHOICES;
    return this.#kept === null ? null : this.#all(why);
  }

  #check({ hit, passed }: FlowSighting, { together, passing }: KeptFlows): FlowChange | null {
    // What holds all flows tells nothing of queues.
    if (passed.length === 0) return null;
    const parts = together.some(
      (group) => group.some((flow) => hit.includes(flow)) && group.some((flow) => passed.includes(flow)),
    );
    const strange = passing.some((flow) => hit.includes(flow));
    if (together.flat().some((flow) => hit.includes(flow))) this.#missed = 0;
    this.#contradictions = parts || strange ? this.#contradictions + 1 : 0;
    if (this.#contradictions < LEAST_CONTRADICTIONS) return null;
    return this.#all(parts ? 'flows that shared a queue part' : 'flows that had passed are held');
  }

  #all(because: string): FlowChange {
    this.#kept = null;
    this.#sightings = [];
    return { to: 'all', because };
  }
}
