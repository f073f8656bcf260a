import type { InboundStall } from '../../detect/fleet/inbound-watch.js';
import { INBOUND_PLACES, type InboundPlace } from '../../model/fleet/metrics-table.js';

/** What arrivals showed so far, as metrics tell it. */
export class InboundCounts {
  readonly stalls = Object.fromEntries(INBOUND_PLACES.map((place) => [place, { count: 0, lastRelease: 0 }])) as Record<
    InboundPlace,
    { count: number; lastRelease: number }
  >;
  readonly ofSender = new Map<string, number>();
  flowsHeld = 0;
  flowsExposed = 0;

  add({ place, sender, held, passed }: InboundStall, release: number): void {
    const counts = this.stalls[place];
    counts.count += 1;
    counts.lastRelease = Math.max(counts.lastRelease, release);
    if (sender !== undefined) this.ofSender.set(sender, (this.ofSender.get(sender) ?? 0) + 1);
    // Replies are told by the node's own edges: to count them here as well would count them twice.
    const flowsOf = (all: InboundStall['held']): number => all.reduce((sum, { flows }) => sum + flows, 0);
    this.flowsHeld = flowsOf(held);
    this.flowsExposed = flowsOf(held) + flowsOf(passed);
  }

  /** Senders that are gone have no series. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.ofSender.keys()) if (!names.has(name)) this.ofSender.delete(name);
  }
}
