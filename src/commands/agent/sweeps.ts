import type { PathFlows, SeenOnEdge } from '../../detect/fleet/edge-watch.js';
import { type EscalationState, Escalations } from '../../detect/fleet/escalation.js';
import { flowOf } from '../../detect/fleet/kept-flows.js';
import { type FlowChange, SweptFlows } from '../../detect/fleet/swept-flows.js';
import { pathsTo, sweepIntervalNs } from '../../fleet/edges.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import { MS, SECOND } from '../../model/time.js';
import type { AgentSetup } from './agent-setup.js';
import type { EdgeGroup, EdgeGroupEvents } from './edge-group.js';
import type { Membership } from './membership.js';
import type { PendingWork } from './pending-work.js';
import type { WatchRecord } from './watch-record.js';

/** One closer look. */
interface Sweep {
  readonly to: string;
  /** With all flows. */
  readonly paths: readonly EdgePath[];
  readonly flows: SweptFlows;
  /** None while one ends and the next has not begun: it needs ports of the one before. */
  group: EdgeGroup | undefined;
}

/** The closer looks that an agent takes at neighbours that stalled again and again. */
export class Sweeps {
  readonly #escalations: Escalations;
  readonly #sweeps = new Map<string, Sweep>();

  constructor(
    private readonly setup: AgentSetup,
    private readonly membership: Membership,
    private readonly record: WatchRecord,
    private readonly pending: PendingWork,
    private readonly start: (paths: readonly EdgePath[], refused: EdgeGroupEvents['refused']) => EdgeGroup,
    private readonly log: (words: string) => void,
  ) {
    const { length, cooldown } = setup.config.escalation;
    this.#escalations = new Escalations({ lengthNs: length, cooldownNs: cooldown });
  }

  get active(): number {
    return this.#sweeps.size;
  }

  /** A stall of this agent's own on the way to a neighbour: begins a sweep where the rules say so. */
  stall(to: string, state: Omit<EscalationState, 'isLeader'>): void {
    const running = this.#sweeps.get(to);
    if (running !== undefined) this.#change(running, running.flows.usualSaw());
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
    const sweep: Sweep = { to, paths, flows: new SweptFlows(probe.sourcePorts), group: undefined };
    sweep.group = this.#begin(sweep, paths);
    this.#sweeps.set(to, sweep);
    this.pending.later(escalation.length / MS, () => this.#end(sweep));
  }

  /** A stall that a sweep saw. */
  saw({ to, hit, exposed }: SeenOnEdge): void {
    const sweep = this.#sweeps.get(to);
    // What connects is given its ports by the kernel.
    if (sweep?.group === undefined || this.setup.engineName !== 'helper') return;
    const { ports } = sweep.group;
    const flows = (seen: readonly PathFlows[]): number[] =>
      seen.flatMap(({ kind, protocol, flows: own }) => {
        const path = sweep.paths.findIndex((one) => one.kind === kind && one.protocol === protocol);
        return (ports[path] ?? []).length < 2 ? [] : own.map((flow) => flowOf(path, flow));
      });
    this.#change(sweep, sweep.flows.saw({ hit: flows(hit), passed: flows(exposed) }, ports));
  }

  /** Only these are neighbours any more. */
  keep(names: ReadonlySet<string>): void {
    this.#escalations.keep(names);
    for (const sweep of this.#sweeps.values()) if (!names.has(sweep.to)) this.#end(sweep);
  }

  stop(): void {
    for (const sweep of this.#sweeps.values()) this.#end(sweep);
  }

  #begin(sweep: Sweep, paths: readonly EdgePath[]): EdgeGroup {
    return this.start(paths, ({ code, message }) => {
      if (code === 'E_PORTS' || code === 'E_PLAN') this.#change(sweep, sweep.flows.refused(message));
    });
  }

  /** Goes on with other flows, at the same rate. */
  #change(sweep: Sweep, change: FlowChange | null): void {
    const { group, to } = sweep;
    if (change === null || group === undefined) return;
    const paths =
      change.to === 'all'
        ? sweep.paths
        : sweep.paths.map((path, index) => {
            const fromPorts = change.ports[index] ?? [];
            return fromPorts.length === 0 ? path : { ...path, flows: fromPorts.length, fromPorts };
          });
    const count = (all: readonly EdgePath[]): number => all.reduce((sum, { flows }) => sum + flows, 0);
    this.log(
      change.to === 'all'
        ? `the closer look at ${to} goes on with all flows: ${change.because}`
        : `the closer look at ${to} goes on with ${count(paths)} flows of ${count(group.paths)}: it is known which share a queue that stalls`,
    );
    sweep.group = undefined;
    this.pending.underWay(
      group.stop().then(() => {
        if (this.#sweeps.get(to) === sweep) sweep.group = this.#begin(sweep, paths);
      }),
    );
  }

  #end(sweep: Sweep): void {
    if (this.#sweeps.get(sweep.to) !== sweep) return;
    this.#sweeps.delete(sweep.to);
    const ended = sweep.group?.stop() ?? Promise.resolve();
    this.pending.underWay(ended.then(() => this.record.costs.ended('escalation')));
  }
}
