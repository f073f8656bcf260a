import { MostEdges, type SeenOnEdge } from '../../detect/fleet/edge-watch.js';
import { heldLengthNs } from '../../detect/fleet/held-length.js';
import { pathsTo, planEdges } from '../../fleet/edges.js';
import { overlayTo } from '../../fleet/overlay-device.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import type { Overlay } from '../../model/overlay.js';
import type { ProbePlan } from '../../model/plan.js';
import { present } from '../../model/present.js';
import { MS, SECOND } from '../../model/time.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { type AgentSetup, addressesNow } from './agent-setup.js';
import { EdgeGroup, type EdgeGroupEvents } from './edge-group.js';
import { Hearing } from './hearing.js';
import type { InboundGroup } from './inbound-group.js';
import { IncidentRecordings } from './incident-recordings.js';
import { KernelGroup, type TraceState } from './kernel-group.js';
import type { Membership } from './membership.js';
import type { RunClock } from './own-clock.js';
import { PendingWork } from './pending-work.js';
import { Sweeps } from './sweeps.js';
import type { WatchRecord } from './watch-record.js';

export interface WatchingEvents {
  log(words: string): void;
  onRtt(kind: EdgePath['kind'], rttNs: number): void;
}

const FLAG_MS = 60_000;
/** The same stall seen by the usual probes and by a sweep is one. */
const SAME_RELEASE_S = 0.005;
const LOOK_MS = 5_000;
const RETRY_MS = 60_000;

/** The probing of one configuration: its prober, its sweeps, what it hears, and what all of them show. */
export class Watching {
  readonly #from: string;
  readonly #mostEdges = new MostEdges();
  readonly #pending = new PendingWork();
  readonly #sweeps: Sweeps;
  readonly #hearing: Hearing;
  readonly #recordings: IncidentRecordings;
  readonly #kernel: KernelGroup | undefined;
  #base: EdgeGroup | undefined;
  #baseText = '';
  #baseMs = 0;
  #addresses = addressesNow();
  #overlay: Overlay | undefined;
  readonly #look: NodeJS.Timeout;

  constructor(
    private readonly setup: AgentSetup,
    private readonly membership: Membership,
    private readonly record: WatchRecord,
    private readonly events: WatchingEvents,
  ) {
    this.#from = setup.node;
    const log = (words: string): void => events.log(words);
    const sweep = (paths: readonly EdgePath[], refused: EdgeGroupEvents['refused']): EdgeGroup =>
      new EdgeGroup(this.#from, paths, setup.engine(), (own) => this.#sweepPlan(own), {
        ...this.#groupEvents('escalation'),
        ...present({ refused }),
      });
    this.#sweeps = new Sweeps(setup, membership, record, this.#pending, sweep, log);
    this.#hearing = new Hearing(setup, membership, record);
    this.#recordings = new IncidentRecordings(setup, this.#pending);
    this.#kernel = setup.config.tier === 'trace' ? this.#traceKernel() : undefined;
    this.#look = setInterval(() => this.#lookAround(), LOOK_MS);
  }

  get paths(): readonly EdgePath[] {
    return this.#base?.paths ?? [];
  }

  get activeSweeps(): number {
    return this.#sweeps.active;
  }

  get senders(): readonly string[] | undefined {
    return this.inbound?.senders;
  }

  get inbound(): InboundGroup | undefined {
    return this.#hearing.group;
  }

  /** By which its probes reach pods; undefined where they are merely routed, or before that is known. */
  get overlay(): Overlay | undefined {
    return this.#overlay;
  }

  get tracesKernel(): boolean {
    return this.#kernel !== undefined;
  }

  /** Undefined where the kernel of this node is not traced at present. */
  get traced(): TraceState | undefined {
    return this.#kernel?.state;
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
    const paths = this.membership.neighbours.flatMap((member) => pathsTo(member, options));
    this.#hearing.update();
    const text = JSON.stringify([paths, this.#hearing.hears, this.#addresses]);
    if (text !== this.#baseText) {
      this.#baseText = text;
      this.#replaceBase(paths);
      const pods = paths.flatMap(({ kind, address }) => (kind === 'pod' ? address : []));
      const known = overlayTo(pods).then((overlay) => {
        this.#overlay = overlay;
      });
      this.#pending.underWay(known);
    }
    this.record.tallies.keep(paths);
    const names = new Set(paths.map(({ to }) => to));
    for (const known of this.record.spikes.keys()) if (!names.has(known)) this.record.spikes.delete(known);
    this.#sweeps.keep(names);
  }

  async stop(): Promise<void> {
    clearInterval(this.#look);
    this.#pending.drop();
    this.#hearing.stop();
    this.#sweeps.stop();
    await Promise.all([this.#base?.stop(), this.#kernel?.stop()]);
    await this.#pending.ended();
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
      if (before !== undefined) this.#pending.underWay(before.stop());
    };
    // What sends nothing never begins to: it only hears.
    if (paths.length === 0) end();
    if (paths.length === 0 && this.#hearing.hears.length === 0) {
      this.#base = undefined;
      return;
    }
    const onBegun = paths.length === 0 ? undefined : end;
    const { recorder } = this.setup;
    const engine = this.setup.engine((transport) => recorder.tap(transport));
    const plan = (own: readonly EdgePath[]): ProbePlan => ({ ...this.#plan(own), hears: this.#hearing.hears });
    this.#base = new EdgeGroup(this.#from, paths, engine, plan, this.#groupEvents('prober'), onBegun);
  }

  /** Its probes are not announced: a target takes one run of a sender for genuine at a time. */
  #sweepPlan(paths: readonly EdgePath[]): ProbePlan {
    const plan = this.#plan(paths);
    return { ...plan, paths: plan.paths.map(({ told: _told, ...path }) => path) };
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
        this.#hearing.pause(pause, clock);
      },
      counters: (counters, clock) => {
        if (process === 'prober') this.#hearing.advance(counters.timeNs, clock);
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
      // What answers a sweep belongs to one neighbour alone, and comes at another rate.
      ...(process === 'prober'
        ? {
            arrived: (replies, clock) => this.#hearing.replied(replies, clock),
            heard: (packets, clock) => this.#hearing.heard(packets, clock),
          }
        : {}),
      clockStep: () => {
        record.clockSteps += 1;
      },
      lost: (records) => {
        record.droppedRecords += records;
      },
      restart: (why, waitMs) => {
        record.costs.restarted(process);
        if (process === 'prober') this.#hearing.interrupted();
        this.events.log(`the ${process} is started again in ${waitMs / 1000} s: ${why}`);
      },
      warning: (words) => this.events.log(words),
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
    const lengthNs = heldLengthNs(finding, this.setup.config.probe.interval);
    record.log.add({
      type: 'edge-finding',
      from: this.#from,
      to,
      startMin: clock.unixSeconds(finding.startMin),
      startMax: clock.unixSeconds(finding.startMax),
      release,
      durationNs: lengthNs,
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
      if (finding.kind === 'rtt-spike') record.spikes.set(to, Math.max(record.spikes.get(to) ?? 0, release));
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
      tally.heldNs += lengthNs;
      tally.lastRelease = Math.max(tally.lastRelease ?? 0, release);
    }
    const edges = new Set(this.paths.map((path) => path.to)).size;
    if (this.#mostEdges.take(to, release * SECOND, edges)) record.mostEdgesMs = performance.now();
    this.#recordings.soon(to, release, () => this.#plan(this.paths));
    if (escalated) this.#sweeps.saw(seen);
    else this.#sweeps.stall(to, { throttled, mostEdgesStall: this.mostEdgesStall });
  }

  #traceKernel(): KernelGroup {
    const { record } = this;
    return new KernelGroup(localTransport, {
      waited: (culprit, clock) => {
        if (culprit.class === 'not-this-node') return;
        const release = clock.unixSeconds(culprit.release);
        record.waits.add(culprit, release);
        const start = clock.unixSeconds(culprit.start);
        record.log.add({ type: 'agent-culprit', node: this.#from, start, release, culprit });
      },
      cost: (cost) => record.costs.counters('tracer', cost),
      restart: (why, waitMs) => {
        record.costs.restarted('tracer');
        this.events.log(`the tracer is started again in ${waitMs / 1000} s: ${why}`);
      },
    });
  }
}
