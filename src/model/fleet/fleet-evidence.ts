import type { Culprit } from '../culprit.js';
import type { Overlay } from '../overlay.js';
import type { EdgeKind, EdgeProtocol } from './member.js';

/**
 * What the agents of a fleet have counted, as a store or the agents themselves hand it over. Instants are nanoseconds
 * since the beginning of the window that is judged; they come from clocks that agree to about 100 ms.
 */

/** How far the word of an agent can be trusted. */
export type AgentCondition =
  | { readonly state: 'watching' }
  /** Nothing was heard of it: it is known as a member by those that probe it. */
  | { readonly state: 'silent' }
  /** It could not measure: paused, out of its CPU quota, most of its edges late at once. */
  | { readonly state: 'blind'; readonly because: string };

export interface FleetMember {
  readonly node: string;
  /** Failure domain; undefined where nobody says. */
  readonly zone?: string | undefined;
  /** By which it reaches pods; undefined where nobody says. */
  readonly overlay?: Overlay | undefined;
  readonly agent: AgentCondition;
}

/** From one node to another, by whatever kinds. */
export interface FleetEdge {
  readonly from: string;
  readonly to: string;
}

/** One way in which an agent probes a neighbour, by whatever protocols. */
export interface FleetUnit extends FleetEdge {
  readonly kind: EdgeKind;
}

/** One path of an agent: one series of each of its metrics. */
export interface FleetPath extends FleetUnit {
  readonly protocol: EdgeProtocol;
}

/** A path on which something happened in the window. Counts of a store are extrapolated, so they are no integers. */
export interface PathCounts extends FleetPath {
  readonly stalls: number;
  readonly lost: number;
}

/** Stalls of what arrived at a node, by place: of the receive side; of all flows. What means one sender is left out. */
export interface InboundCounts {
  readonly node: string;
  readonly stalls: number;
}

/** The whole fleet by rates. */
export interface FleetScreen {
  readonly windowNs: number;
  readonly members: readonly FleetMember[];
  /** All that are probed now. */
  readonly units: readonly FleetUnit[];
  /** Only those with a count above zero. */
  readonly counts: readonly PathCounts[];
  readonly inbound: readonly InboundCounts[];
}

/** A gauge as it was scraped. */
export interface ReleaseSeries {
  /** Instants of the scrapes, ascending. */
  readonly scrapedNs: readonly number[];
  /** By scrape: the release of the last stall, on the clock of the agent; before the window it is negative. */
  readonly releaseNs: readonly number[];
}

/** The releases of one path of a suspect, in or out. */
export interface PathReleases extends FleetPath, ReleaseSeries {
  /** Mean length of its stalls; undefined where there was none. */
  readonly heldNs?: number | undefined;
  readonly probesPerSecond: number;
}

/** The releases that a node saw of what came in, with the flows of that stall. */
export interface InboundReleases extends ReleaseSeries {
  readonly node: string;
  /** By scrape. */
  readonly flowsHeld: readonly number[];
  readonly flowsExposed: readonly number[];
}

/** Flows of one path that take part in a sighting. */
export interface SightedFlows {
  readonly kind: EdgeKind;
  readonly protocol: EdgeProtocol;
  readonly flows: readonly number[];
}

/** A stall that an agent saw on its way to a neighbour, all kinds together. */
export interface EdgeSighting extends FleetEdge {
  readonly releaseNs: number;
  readonly durationNs: number;
  readonly hit: readonly SightedFlows[];
  readonly exposed: readonly SightedFlows[];
}

/** A single slow probe on the way to a neighbour, of no stall that could be seen there. */
export interface EdgeSpike extends FleetEdge {
  readonly releaseNs: number;
}

/** A stall of what arrived at a node, on its receive side or of all flows. */
export interface InboundSighting {
  readonly node: string;
  readonly releaseNs: number;
  readonly durationNs: number;
  readonly flowsHeld: number;
  readonly flowsExposed: number;
}

/** A path while its agent watched it, for agents that are asked themselves. */
export interface WatchedPath extends FleetPath {
  readonly sinceNs: number;
  readonly probesPerSecond: number;
}

/** What the kernel of a node showed of received packets that waited for a CPU, for agents that trace it. */
export interface TracedNode {
  readonly node: string;
  /** On the time line of the window; where they come from a store, only class, process, call and length are known. */
  readonly culprits: readonly Culprit[];
  /** Since when a wait would have been told of; infinite where that is not known. */
  readonly tracedFromNs: number;
  readonly lostEvents: number;
  /** The shortest wait that is told of. */
  readonly minNs: number;
}

/**
 * What is fetched of suspects only: gauges as a store has scraped them, which show the last stall before each scrape; or
 * every stall, from the agents themselves.
 */
export type SuspectEvidence =
  | {
      readonly from: 'scrapes';
      readonly paths: readonly PathReleases[];
      readonly inbound: readonly InboundReleases[];
      /** Those on the way to suspects, the last one before each scrape. */
      readonly spikes: readonly EdgeSpike[];
      readonly traced: readonly TracedNode[];
    }
  | {
      readonly from: 'findings';
      readonly paths: readonly WatchedPath[];
      readonly edges: readonly EdgeSighting[];
      readonly inbound: readonly InboundSighting[];
      readonly spikes: readonly EdgeSpike[];
      readonly traced: readonly TracedNode[];
      /** Nodes whose own agents were asked: of others nothing is known of what arrived. */
      readonly asked: readonly string[];
    };

/** Where the evidence comes from. */
export interface FleetSource {
  /** @throws CodedError where it cannot be asked */
  screen(): Promise<FleetScreen>;
  /** @throws CodedError where it cannot be asked */
  suspects(nodes: readonly string[]): Promise<SuspectEvidence>;
  /**
   * Since when nodes at fault have stalled, where that is longer than the window: negative instants.
   *
   * @throws CodedError where it cannot be asked
   */
  since(nodes: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
