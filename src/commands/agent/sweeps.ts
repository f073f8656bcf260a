import { type EscalationState, Escalations } from '../../detect/fleet/escalation.js';
import { pathsTo, sweepIntervalNs } from '../../fleet/edges.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import { MS, SECOND } from '../../model/time.js';
import type { AgentSetup } from './agent-setup.js';
import type { EdgeGroup } from './edge-group.js';
import type { Membership } from './membership.js';
import type { PendingWork } from './pending-work.js';
import type { WatchRecord } from './watch-record.js';

/** The closer looks that an agent takes at neighbours that stalled again and again. */
export class Sweeps {
  readonly #escalations: Escalations;
  readonly #groups = new Map<string, EdgeGroup>();

  constructor(
    private readonly setup: AgentSetup,
    private readonly membership: Membership,
    private readonly record: WatchRecord,
    private readonly pending: PendingWork,
    private readonly start: (paths: readonly EdgePath[]) => EdgeGroup,
    private readonly log: (words: string) => void,
  ) {
    const { length, cooldown } = setup.config.escalation;
    this.#escalations = new Escalations({ lengthNs: length, cooldownNs: cooldown });
  }

  get active(): number {
    return this.#groups.size;
  }

  /** A stall of this agent's own on the way to a neighbour: begins a sweep where the rules say so. */
  stall(to: string, state: Omit<EscalationState, 'isLeader'>): void {
    const isLeader = this.membership.isLeaderOf(to);
    if (!this.#escalations.stall(to, performance.now() * MS, { ...state, isLeader })) return;
    const member = this.membership.member(to);
    if (member === undefined) return;
    const { probe, escalation } = this.setup.config;
    const count = pathsTo(member, { kinds: probe.kinds, intervalNs: 1, flows: 1 }).length;
    const intervalNs = sweepIntervalNs(escalation.interval, count, probe.maxPerTarget, this.membership.probers.length);
    const paths = pathsTo(member, { kinds: probe.kinds, intervalNs: Math.ceil(intervalNs), flows: 2 * probe.flows });
    this.record.escalations += 1;
    this.log(`two stalls on the way to ${to}: a closer look for ${escalation.length / SECOND} s`);
    const group = this.start(paths);
    this.#groups.set(to, group);
    this.pending.later(escalation.length / MS, () => this.#end(to, group));
  }

  /** Only these are neighbours any more. */
  keep(names: ReadonlySet<string>): void {
    this.#escalations.keep(names);
    for (const [to, group] of this.#groups) if (!names.has(to)) this.#end(to, group);
  }

  stop(): void {
    for (const [to, group] of this.#groups) this.#end(to, group);
  }

  #end(to: string, group: EdgeGroup): void {
    if (this.#groups.get(to) !== group) return;
    this.#groups.delete(to);
    this.pending.underWay(group.stop().then(() => this.record.costs.ended('escalation')));
  }
}
