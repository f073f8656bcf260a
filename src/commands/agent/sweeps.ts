import type { PathFlows, SeenOnEdge } from '../../detect/fleet/edge-watch.js';
import { type EscalationState, Escalations } from '../../detect/fleet/escalation.js';
import { flowOf, type PortsByPath } from '../../detect/fleet/kept-flows.js';
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
  /** What the last look at each neighbour has learnt, with the paths that it is about. */
  readonly #learnt = new Map<string, { readonly about: string; readonly flows: SweptFlows }>();

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
    // Before it has begun it can have held nothing.
    if (running?.group?.hasBegun === true) this.#change(running, running.flows.usualSaw());
    const isLeader = this.membership.isLeaderOf(to);
    if (!this.#escalations.stall(to, performance.now() * MS, { ...state, isLeader })) return;
    const member = this.membership.member(to);
    if (member === undefined) return;
    const { probe, escalation } = this.setup.config;
    const count = pathsTo(member, { kinds: probe.kinds, intervalNs: 1, flows: 1 }).length;
    const intervalNs = sweepIntervalNs(escalation.interval, count, probe.maxPerTarget, this.membership.probers.length);
    const paths = pathsTo(member, { kinds: probe.kinds, intervalNs: Math.ceil(intervalNs), flows: 2 * probe.flows });
    this.record.escalations += 1;
    const flows = this.#flowsFor(to, paths);
    const known = flows.again();
    const first = known === null ? paths : withPorts(paths, known);
    const words = known === null ? '' : `, with the ${flowsOf(first)} flows kept before`;
    this.log(`two stalls on the way to ${to}: a closer look for ${escalation.length / SECOND} s${words}`);
    const sweep: Sweep = { to, paths, flows, group: undefined };
    sweep.group = this.#begin(sweep, first);
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
    for (const to of this.#learnt.keys()) if (!names.has(to)) this.#learnt.delete(to);
  }

  stop(): void {
    for (const sweep of this.#sweeps.values()) this.#end(sweep);
  }

  /** A grouping holds for some addresses and ports only. */
  #flowsFor(to: string, paths: readonly EdgePath[]): SweptFlows {
    const about = JSON.stringify(paths.map(({ intervalNs: _, ...path }) => path));
    const before = this.#learnt.get(to);
    if (before?.about === about) return before.flows;
    const flows = new SweptFlows(this.setup.config.probe.sourcePorts);
    this.#learnt.set(to, { about, flows });
    return flows;
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
    const paths = change.to === 'all' ? sweep.paths : withPorts(sweep.paths, change.ports);
    this.log(
      change.to === 'all'
        ? `the closer look at ${to} goes on with all flows: ${change.because}`
        : `the closer look at ${to} goes on with ${flowsOf(paths)} flows of ${flowsOf(group.paths)}: it is known which share a queue that stalls`,
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

function withPorts(paths: readonly EdgePath[], ports: PortsByPath): EdgePath[] {
  return paths.map((path, index) => {
    const fromPorts = ports[index] ?? [];
    return fromPorts.length === 0 ? path : { ...path, flows: fromPorts.length, fromPorts };
  });
}

function flowsOf(paths: readonly EdgePath[]): number {
  return paths.reduce((sum, { flows }) => sum + flows, 0);
}
