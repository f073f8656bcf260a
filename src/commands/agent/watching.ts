import { MostEdges, type SeenOnEdge } from '../../detect/fleet/edge-watch.js';
import { Escalations } from '../../detect/fleet/escalation.js';
import type { InboundStall } from '../../detect/fleet/inbound-watch.js';
import { createWatcher } from '../../engines/watcher.js';
import { pathsTo, planEdges, sweepIntervalNs } from '../../fleet/edges.js';
import { pathSecret } from '../../fleet/inbound/pair-keys.js';
import { OwnThrottling } from '../../fleet/own-throttling.js';
import { packageVersion } from '../../installation/version.js';
import type { TimestampSource } from '../../model/engine-event.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import type { ProbePlan } from '../../model/plan.js';
import { MS, SECOND } from '../../model/time.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { type AgentSetup, addressesNow, arrivalInterfaces } from './agent-setup.js';
import { EdgeGroup, type EdgeGroupEvents } from './edge-group.js';
import { FindingsLog } from './findings-log.js';
import { HelperCosts } from './helper-cost.js';
import { InboundGroup } from './inbound-group.js';
import type { Membership } from './membership.js';
import type { RunClock } from './own-clock.js';
import { InboundCounts } from './stall-counts.js';
import { LastMinute, Tallies } from './tallies.js';

/** What is kept through changes of the configuration. */
export class WatchRecord {
  readonly tallies = new Tallies();
  readonly log = new FindingsLog();
  readonly costs = new HelperCosts();
  readonly lag = new LastMinute();
  readonly throttling = new OwnThrottling();
  readonly inbound = new InboundCounts();
  readonly otherFindings: Record<string, number> = {
    'slow-drain': 0,
    congestion: 0,
    'rtt-spike': 0,
    'loss-episode': 0,
  };
  selfInflicted = 0;
  pauses = 0;
  pauseNs = 0;
  missedSlots = 0;
  droppedRecords = 0;
  clockSteps = 0;
  escalations = 0;
  arrivals = 0;
  readonly refused = { forged: 0, replayed: 0, unannounced: 0, clock: 0 };
  lastAnswerMs = Number.NEGATIVE_INFINITY;
  mostEdgesMs = Number.NEGATIVE_INFINITY;
  timestamps: TimestampSource = 'user';
}

export interface WatchingEvents {
  log(words: string): void;
  onRtt(kind: EdgePath['kind'], rttNs: number): void;
}

const FLAG_MS = 60_000;
/** The same stall seen by the usual probes and by a sweep is one. */
const SAME_RELEASE_S = 0.005;
/** A recording is written this long after its incident, for what follows of it. */
const RECORD_AFTER_MS = 5_000;
const RECORD_EVERY_MS = 30_000;
/** Replies that were held by the same stall are known by then. */
const INBOUND_AFTER_MS = 3_000;
const LOOK_MS = 5_000;
const RETRY_MS = 60_000;
/** Secrets of paths are made anew where more are asked for. */
const MOST_SECRETS = 1_024;

/** The probing of one configuration: its prober, its sweeps, what it hears, and what all of them show. */
export class Watching {
  readonly #from: string;
  readonly #mostEdges = new MostEdges();
  readonly #escalations: Escalations;
  readonly #sweeps = new Map<string, EdgeGroup>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #base: EdgeGroup | undefined;
  #baseText = '';
  #baseMs = 0;
  #inbound: InboundGroup | undefined;
  #inboundText = '';
  #addresses = addressesNow();
  #recordedMs = Number.NEGATIVE_INFINITY;
  #ending: Promise<unknown> = Promise.resolve();
  readonly #look: NodeJS.Timeout;

  constructor(
    private readonly setup: AgentSetup,
    private readonly membership: Membership,
    private readonly record: WatchRecord,
    private readonly events: WatchingEvents,
  ) {
    this.#from = setup.node;
    const { length, cooldown } = setup.config.escalation;
    this.#escalations = new Escalations({ lengthNs: length, cooldownNs: cooldown });
    this.#look = setInterval(() => this.#lookAround(), LOOK_MS);
  }

  get paths(): readonly EdgePath[] {
    return this.#base?.paths ?? [];
  }

  get activeSweeps(): number {
    return this.#sweeps.size;
  }

  get senders(): readonly string[] | undefined {
    return this.#inbound?.senders;
  }

  get inbound(): InboundGroup | undefined {
    return this.#inbound;
  }

  get throttled(): boolean {
    return this.record.throttling.look(performance.now() * MS);
  }

  get mostEdgesStall(): boolean {
    return performance.now() - this.record.mostEdgesMs < FLAG_MS;
  }

  /** Members, or addresses of this machine, are others than before: probes whom the rings now say. */
  update(): void {
    const { config } = this.setup;
    const options = { kinds: config.probe.kinds, intervalNs: config.probe.interval, flows: config.probe.flows };
    const byMember = this.membership.neighbours.map((member) => pathsTo(member, options));
    const paths = byMember.flat();
    const text = JSON.stringify([paths, this.#addresses]);
    if (text !== this.#baseText) {
      this.#baseText = text;
      this.#replaceBase(paths);
    }
    this.record.tallies.keep(paths);
    const names = new Set(paths.map(({ to }) => to));
    this.#escalations.keep(names);
    for (const [to, sweep] of this.#sweeps) if (!names.has(to)) this.#endSweep(to, sweep);
    this.#updateInbound();
  }

  async stop(): Promise<void> {
    clearInterval(this.#look);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#gatherInbound();
    await Promise.all([
      this.#base?.stop(),
      this.#inbound?.stop(),
      ...[...this.#sweeps.values()].map((sweep) => sweep.stop()),
      this.#ending,
    ]);
  }

  #lookAround(): void {
    const addresses = addressesNow();
    if (addresses !== this.#addresses) {
      this.events.log('addresses of this machine changed: probing begins anew');
      this.#addresses = addresses;
      this.update();
    } else if (this.#base?.isWhole === false && performance.now() - this.#baseMs > RETRY_MS) {
      // What could not be probed may be there again; the group itself tries only when it is started anew.
      this.#baseText = '';
      this.update();
    }
  }

  #replaceBase(paths: readonly EdgePath[]): void {
    const before = this.#base;
    this.#baseMs = performance.now();
    const end = (): void => {
      if (before !== undefined) this.#after(before.stop());
    };
    if (paths.length === 0) {
      this.#base = undefined;
      end();
      return;
    }
    const { recorder } = this.setup;
    const engine = this.setup.engine((transport) => recorder.tap(transport));
    this.#base = new EdgeGroup(this.#from, paths, engine, (own) => this.#plan(own), this.#groupEvents('prober'), end);
  }

  #after(work: Promise<unknown>): void {
    this.#ending = Promise.all([this.#ending, work]);
  }

  #plan(paths: readonly EdgePath[]): ProbePlan {
    const { sourcePorts, maxPerTarget, interface: device } = this.setup.config.probe;
    return planEdges(paths, {
      from: this.#from,
      sourcePorts,
      interface: device,
      maxPerTarget,
      turnOf: (to) => this.membership.turnOf(to),
      secrets: this.setup.secrets,
      keyOf: (name) => this.membership.member(name)?.key,
      nowMonoNs: Number(process.hrtime.bigint()),
      nowRealNs: Date.now() * MS,
    });
  }

  #groupEvents(process: 'prober' | 'escalation'): EdgeGroupEvents {
    const { record } = this;
    let missed = 0;
    let dropped = 0;
    return {
      countsOf: (path) => record.tallies.of(path),
      onRtt: (kind, rttNs) => this.events.onRtt(kind, rttNs),
      seen: (seen, clock) => this.#seen(seen, clock, process === 'escalation'),
      pause: (pause, clock) => {
        record.pauses += 1;
        record.pauseNs += Math.max(0, pause.toNs - pause.fromNs);
        this.#inbound?.pause(pause, clock);
      },
      counters: (counters) => {
        record.costs.counters(process, counters);
        // They begin anew with each run.
        record.missedSlots += Math.max(0, counters.missedSlots - (counters.missedSlots < missed ? 0 : missed));
        record.droppedRecords += Math.max(
          0,
          counters.droppedRecords - (counters.droppedRecords < dropped ? 0 : dropped),
        );
        missed = counters.missedSlots;
        dropped = counters.droppedRecords;
      },
      lag: (ns) => record.lag.record(ns),
      answered: () => {
        record.lastAnswerMs = performance.now();
      },
      clockStep: () => {
        record.clockSteps += 1;
      },
      lost: (records) => {
        record.droppedRecords += records;
      },
      restart: (why, waitMs) => {
        record.costs.restarted(process);
        this.events.log(`the ${process} is started again in ${waitMs / 1000} s: ${why}`);
      },
      timestamps: (source) => {
        record.timestamps = source;
      },
    };
  }

  #seen(seen: SeenOnEdge, clock: RunClock, escalated: boolean): void {
    const { record } = this;
    const { finding, to } = seen;
    const throttled = this.throttled;
    const selfInflicted = finding.selfInflicted || throttled;
    const release = clock.unixSeconds(finding.release);
    record.log.add({
      type: 'edge-finding',
      from: this.#from,
      to,
      startMin: clock.unixSeconds(finding.startMin),
      startMax: clock.unixSeconds(finding.startMax),
      release,
      durationNs: finding.durationNs,
      probes: finding.probes,
      hit: seen.hit.map((flows) => ({ ...flows, flows: [...flows.flows] })),
      exposed: seen.exposed.map((flows) => ({ ...flows, flows: [...flows.flows] })),
      escalated,
      finding: { ...finding, selfInflicted },
    });
    if (selfInflicted) {
      if (finding.kind === 'stall') record.selfInflicted += 1;
      return;
    }
    if (finding.kind !== 'stall') {
      if (finding.kind in record.otherFindings)
        record.otherFindings[finding.kind] = (record.otherFindings[finding.kind] ?? 0) + 1;
      return;
    }
    for (const { kind, protocol } of seen.hit) {
      const tally = record.tallies.all.find(
        ({ path }) => path.to === to && path.kind === kind && path.protocol === protocol,
      );
      if (tally === undefined || Math.abs((tally.lastRelease ?? 0) - release) < SAME_RELEASE_S) continue;
      tally.stalls += 1;
      tally.heldNs += finding.durationNs;
      tally.lastRelease = Math.max(tally.lastRelease ?? 0, release);
    }
    const edges = new Set(this.paths.map((path) => path.to)).size;
    if (this.#mostEdges.take(to, release * SECOND, edges)) record.mostEdgesMs = performance.now();
    this.#recordSoon(to, release);
    if (!escalated) this.#maybeSweep(to, throttled);
  }

  #maybeSweep(to: string, throttled: boolean): void {
    const isLeader = this.membership.isLeaderOf(to);
    const { mostEdgesStall } = this;
    if (!this.#escalations.stall(to, performance.now() * MS, { isLeader, throttled, mostEdgesStall })) return;
    const member = this.membership.member(to);
    if (member === undefined) return;
    const { probe, escalation } = this.setup.config;
    const count = pathsTo(member, { kinds: probe.kinds, intervalNs: 1, flows: 1 }).length;
    const intervalNs = sweepIntervalNs(escalation.interval, count, probe.maxPerTarget, this.membership.probers.length);
    const paths = pathsTo(member, { kinds: probe.kinds, intervalNs: Math.ceil(intervalNs), flows: 2 * probe.flows });
    this.record.escalations += 1;
    this.events.log(`two stalls on the way to ${to}: a closer look for ${escalation.length / SECOND} s`);
    const sweep = new EdgeGroup(
      this.#from,
      paths,
      this.setup.engine(),
      (own) => this.#plan(own),
      this.#groupEvents('escalation'),
    );
    this.#sweeps.set(to, sweep);
    this.#later(escalation.length / MS, () => this.#endSweep(to, sweep));
  }

  #endSweep(to: string, sweep: EdgeGroup): void {
    if (this.#sweeps.get(to) === sweep) this.#sweeps.delete(to);
    this.#after(sweep.stop().then(() => this.record.costs.ended('escalation')));
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #recordSoon(to: string, release: number): void {
    const now = performance.now();
    if (now - this.#recordedMs < RECORD_EVERY_MS) return;
    this.#recordedMs = now;
    this.#later(RECORD_AFTER_MS, () => {
      const when = new Date(release * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
      const plan = this.#plan(this.paths);
      // Neither secrets nor what only the start was told is for a file.
      const paths = plan.paths.map(({ told: _told, phaseNs: _phase, ...path }) => path);
      const { startAtNs: _start, sourcePorts: _ports, ...rest } = plan;
      this.#after(
        this.setup.recorder.write(
          `${when}-${to}`.slice(0, 120),
          {
            command: 'probe',
            version: packageVersion(),
            options: { node: this.#from, to },
            thresholdNs: 100 * MS,
            engine: this.setup.engineName,
            plan: { ...rest, paths },
          },
          `node ${this.#from}`,
        ),
      );
    });
  }

  #updateInbound(): void {
    const { config, secrets, node } = this.setup;
    const { probers } = this.membership;
    if (secrets === undefined || config.tier === 'restricted') return;
    const self = { name: node, key: this.membership.member(node)?.key };
    const interfaces = config.inbound?.interfaces ?? arrivalInterfaces(this.membership.member(node));
    const senders = new Map(
      this.membership.ready.flatMap((member) =>
        member.name === node
          ? []
          : Object.values(member.addresses).flatMap((place) =>
              place === undefined ? [] : [[place.address, member] as const],
            ),
      ),
    );
    const text = JSON.stringify([
      interfaces,
      probers,
      [...senders].map(([address, { name, key }]) => [address, name, key]),
    ]);
    if (text === this.#inboundText) return;
    this.#inboundText = text;
    this.#gatherInbound();
    this.record.inbound.keep(new Set(probers));
    const before = this.#inbound;
    if (before !== undefined) this.#after(before.stop());
    this.#inbound = undefined;
    if (interfaces.length === 0 || probers.length === 0) return;
    const cached = new Map<string, string | undefined>();
    this.#inbound = new InboundGroup(
      {
        node,
        interfaces,
        ports: config.probe.sourcePorts,
        intervalNs: config.probe.interval / probers.length,
      },
      createWatcher(localTransport),
      {
        nameOf: (source) => senders.get(source)?.name,
        secretOf: (sender, port) => {
          const name = `${sender} ${port}`;
          if (!cached.has(name)) {
            if (cached.size >= MOST_SECRETS) cached.clear();
            const pair = secrets.between(self, { name: sender, key: this.membership.member(sender)?.key });
            cached.set(name, pair === undefined ? undefined : pathSecret(pair, sender, node, port));
          }
          return cached.get(name);
        },
      },
      {
        stall: (stall, clock) => this.#heard(stall, clock),
        counters: (counters) => this.record.costs.counters('inbound', counters),
        restart: (why, waitMs) => {
          this.record.costs.restarted('inbound');
          this.events.log(`the helper that hears arrivals is started again in ${waitMs / 1000} s: ${why}`);
        },
      },
    );
  }

  /** What a group has counted is kept when it goes. */
  #gatherInbound(): void {
    if (this.#inbound === undefined) return;
    this.record.arrivals += this.#inbound.arrivals;
    for (const [reason, count] of Object.entries(this.#inbound.refused)) {
      this.record.refused[reason as keyof typeof this.record.refused] += count;
    }
  }

  #heard(stall: InboundStall, clock: RunClock): void {
    const { finding, place, sender, held, passed, backlogNs } = stall;
    const selfInflicted = finding.selfInflicted;
    const release = clock.unixSeconds(finding.release);
    const [startMin, startMax] = [clock.unixSeconds(finding.startMin), clock.unixSeconds(finding.startMax)];
    if (!selfInflicted) this.record.inbound.add(stall, release);
    this.#later(INBOUND_AFTER_MS, () =>
      this.record.log.add({
        type: 'inbound-finding',
        node: this.#from,
        startMin,
        startMax,
        release,
        durationNs: finding.durationNs,
        probes: finding.probes,
        place,
        ...(sender === undefined ? {} : { sender }),
        held: held.map((flows) => ({ ...flows })),
        passed: passed.map((flows) => ({ ...flows })),
        repliesHeld: this.record.log.repliesHeld(release),
        backlogNs,
        selfInflicted,
      }),
    );
  }
}
