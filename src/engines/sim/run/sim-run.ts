import type { EngineEvent } from '../../../model/engine-event.js';
import { CodedError } from '../../../model/errors.js';
import type { ProbePlan } from '../../../model/plan.js';
import type { RequestDetail } from '../../../model/request.js';
import { copySample, FRESH_FLOW, Outcomes, REPLIES, SampleFlags } from '../../../model/sample.js';
import { SECOND } from '../../../model/time.js';
import { Grid, type Slot } from '../../slots/grid.js';
import { checkPlan } from '../../slots/plan-check.js';
import { SampleBatch } from '../../slots/sample-batch.js';
import { LogNormalNoise, unit } from '../faults/chance.js';
import { DROPPED } from '../faults/disturbance.js';
import type { Injection } from '../faults/injection.js';
import type { Scenario, Vantage } from '../scenario/scenario.js';
import { type Echo, ProbedPath, vantageOf } from '../world/probed-path.js';
import { VantageClock } from '../world/vantage-clock.js';
import { World } from '../world/world.js';
import { helloOf, startOf } from './hello.js';
import { PauseWatch } from './pause-watch.js';
import { ProbePool } from './probe-pool.js';
import { Tally } from './tally.js';
import { TimeQueue } from './time-queue.js';

/** A run ends at most this long after its last probe. */
const LINGER_NS = 2 * SECOND;
const COUNTERS_NS = SECOND;
const REFUSED_BY_KERNEL = 105;
const NONE = REPLIES.indexOf('none');
const UNREACHABLE = REPLIES.indexOf('unreachable');

export interface SimRunOptions {
  /** Name of a vantage of the scenario; without it the first. */
  readonly vantage?: string | undefined;
  /** Whether what was injected will be asked for. */
  readonly remember?: boolean;
  /** Longest time that samples are gathered before they are handed on. */
  readonly flushNs?: number;
  /** CLOCK_REALTIME at the start; fixed where absent, so that runs repeat to the bit. */
  readonly epochRealNs?: bigint;
}

/** One run of the simulated prober, in the time of its vantage. To be read once. */
export class SimRun {
  /** Instant of the run that has been reached. */
  nowNs = 0;
  private readonly world: World;
  private readonly vantageName: string;
  private readonly vantage: Vantage;
  private readonly clock: VantageClock;
  private readonly grid: Grid;
  private readonly paths: readonly ProbedPath[];
  private readonly tally: Tally;
  private readonly pauses: PauseWatch;
  private readonly userStamps: boolean;
  private readonly sendError: LogNormalNoise;
  private readonly outcomes = new TimeQueue();
  private readonly pool = new ProbePool();
  private readonly batch = new SampleBatch();
  /** Paths whose port is known to be closed to UDP, so that silence there means a limit. */
  private readonly unreachable = new Set<number>();
  private lastSentNs = 0;
  private lastLostSentNs = Number.NEGATIVE_INFINITY;

  /** @throws CodedError for a plan that a prober would refuse, or an unknown vantage */
  constructor(
    scenario: Scenario,
    private readonly plan: ProbePlan,
    private readonly options: SimRunOptions = {},
  ) {
    const found = vantageOf(scenario, options.vantage);
    if (found === undefined)
      throw new CodedError(
        'E_NO_VANTAGE',
        `the scenario has no vantage ${options.vantage}`,
        `Choose one of ${Object.keys(scenario.vantages).join(', ')}.`,
        2,
      );
    checkPlan(plan);
    [this.vantageName, this.vantage] = found;
    this.world = new World(scenario, options.remember ?? false);
    this.clock = new VantageClock(this.vantage);
    this.grid = new Grid(plan);
    this.tally = new Tally(plan.paths.length);
    this.pauses = new PauseWatch(this.world.pauses(this.vantage.machine));
    this.userStamps = this.vantage.userStamps || plan.timestamps === 'user';
    this.sendError = new LogNormalNoise(this.vantage.sendError);
    let flowsBefore = 0;
    this.paths = plan.paths.map((path, index) => {
      const probed = new ProbedPath(this.world, this.vantageName, this.vantage, path, index, flowsBefore);
      flowsBefore += path.flows;
      return probed;
    });
  }

  /** No further probe is sent; the events go on to the end. */
  stop(): void {
    this.grid.stop();
  }

  /** What was injected; complete after the last event. */
  injections(): Injection[] {
    const names = this.plan.paths.map((path) => path.name);
    return this.world.injections(names, this.clock.toScenario(0), this.clock.toScenario(this.nowNs));
  }

  *events(): Generator<EngineEvent, void, undefined> {
    const { scenario } = this.world;
    yield startOf(scenario, this.vantageName, this.vantage, this.options.epochRealNs);
    yield helloOf(scenario, this.vantageName, this.vantage, this.plan, this.paths);
    for (const { nowhere, plan } of this.paths)
      if (nowhere !== null) yield { kind: 'warning', code: 'W_NOWHERE', message: `${plan.name}: ${nowhere}` };
    yield* this.probing();
    yield* this.ending();
  }

  private *probing(): Generator<EngineEvent, void, undefined> {
    const flushNs = this.options.flushNs ?? COUNTERS_NS;
    let nextFlushNs = flushNs;
    let nextCountersNs = COUNTERS_NS;
    for (;;) {
      const sendNs = this.grid.nextNs;
      const outcomeNs = this.outcomes.nextNs;
      const pauseNs = this.pauses.overNs;
      const nextNs = Math.min(sendNs, outcomeNs, pauseNs);
      if (sendNs === Number.POSITIVE_INFINITY && this.isOver(nextNs)) return;
      if (nextNs >= nextFlushNs || nextNs >= nextCountersNs) {
        this.nowNs = Math.min(nextFlushNs, nextCountersNs);
        this.world.forget(this.clock.toScenario(this.nowNs));
        if (!this.batch.empty) yield { kind: 'samples', samples: this.batch.take() };
        if (this.nowNs === nextCountersNs) {
          yield { kind: 'counters', counters: this.tally.counters(this.nowNs) };
          nextCountersNs += COUNTERS_NS;
        }
        if (this.nowNs === nextFlushNs) nextFlushNs += flushNs;
        continue;
      }
      this.nowNs = nextNs;
      if (nextNs === pauseNs) {
        if (!this.batch.empty) yield { kind: 'samples', samples: this.batch.take() };
        yield { kind: 'pause', pause: this.pauses.report() };
      } else if (nextNs === outcomeNs) {
        this.deliver(this.outcomes.pop());
        if (this.batch.full) yield { kind: 'samples', samples: this.batch.take() };
      } else {
        this.send(this.grid.take());
      }
    }
  }

  private *ending(): Generator<EngineEvent, void, undefined> {
    if (!this.batch.empty) yield { kind: 'samples', samples: this.batch.take() };
    const pauseNs = this.pauses.overNs;
    if (this.tally.inFlight > 0 || this.mayStillCome()) this.nowNs = Math.max(this.nowNs, this.lastSentNs + LINGER_NS);
    if (pauseNs !== Number.POSITIVE_INFINITY) {
      this.nowNs = Math.max(this.nowNs, pauseNs);
      yield { kind: 'pause', pause: this.pauses.report() };
    }
    yield { kind: 'counters', counters: this.tally.counters(this.nowNs) };
    for (const totals of this.tally.totals()) yield { kind: 'path-totals', totals };
    yield { kind: 'end', timeNs: this.nowNs, reason: 'complete' };
  }

  /** With no slot left: whether everything is known, or the time to wait for it is over. */
  private isOver(nextNs: number): boolean {
    return nextNs > this.lastSentNs + LINGER_NS;
  }

  private mayStillCome(): boolean {
    return this.lastLostSentNs + this.plan.matchNs > this.nowNs;
  }

  private send(slot: Slot): void {
    const { path: index, seq, dueNs, intervalNs } = slot;
    const path = this.path(index);
    const fresh = slot.fresh || path.connectsAnew;
    const flow = fresh ? FRESH_FLOW : seq % path.plan.flows;
    let lagNs = 0;
    const dueThereNs = this.clock.toScenario(dueNs);
    const runsThereNs = this.pauses.runsAt(dueThereNs);
    if (runsThereNs !== dueThereNs) {
      const runsNs = this.clock.toRun(runsThereNs);
      // A slot whose successor is due as well is given up: a prober that catches up would send a burst.
      const missed = !this.userStamps && runsNs - dueNs >= intervalNs;
      this.pauses.meet(dueNs, runsNs, missed);
      this.pauses.note(dueThereNs, index, flow);
      if (missed) {
        this.tally.missed(index);
        return;
      }
      if (!this.userStamps) lagNs = runsNs - dueNs;
    }
    lagNs += this.sendError.pick(path.chance(seq, 3));
    const sentNs = dueNs + lagNs;
    this.lastSentNs = Math.max(this.lastSentNs, sentNs);

    const probe = this.pool.take();
    const { columns } = this.pool;
    columns.path[probe] = index;
    columns.seq[probe] = seq;
    columns.flow[probe] = flow;
    columns.dueNs[probe] = dueNs;
    columns.sentNs[probe] = sentNs;
    columns.lagNs[probe] = Math.min(lagNs, 0xffff_ffff);
    columns.flags[probe] =
      (fresh ? SampleFlags.freshFlow : 0) |
      (this.userStamps ? SampleFlags.userSentStamp | SampleFlags.userReceivedStamp : 0);
    columns.errorCode[probe] = 0;
    if (this.vantage.sendFailures > 0 && unit(path.chance(seq, 4)) < this.vantage.sendFailures) {
      this.fill(probe, Outcomes.sendFailed, -1);
      columns.errorCode[probe] = REFUSED_BY_KERNEL;
      this.outcomes.push(sentNs, 2 * probe);
      return;
    }
    this.tally.sent(index);
    this.expect(probe, index, flow, sentNs, path.send(seq, flow, fresh, this.clock.toScenario(sentNs)));
  }

  /** Puts down when what becomes of a probe will be known. */
  private expect(probe: number, path: number, flow: number, sentNs: number, echo: Echo): void {
    const { columns } = this.pool;
    const { route } = echo;
    const deadlineNs = this.clock.toRun(this.pauses.runsAt(this.clock.toScenario(sentNs + this.plan.waitNs)));
    if (route === null || route.answer.kind === 'silence' || echo.arrivesNs === DROPPED) {
      this.fill(probe, Outcomes.lost, -1);
      this.outcomes.push(deadlineNs, 2 * probe);
      return;
    }
    const readNs = this.pauses.runsAt(echo.arrivesNs);
    if (this.userStamps && readNs !== echo.arrivesNs) this.pauses.note(echo.arrivesNs, path, flow);
    const rttNs = this.clock.toRun(this.userStamps ? readNs : echo.arrivesNs) - sentNs;
    const knownNs = this.clock.toRun(readNs);
    const { answer } = route;
    this.fill(probe, answer.outcome, rttNs);
    this.pool.opens[probe] = echo.opensNs < 0 ? -1 : this.clock.toRun(echo.opensNs) - sentNs;
    columns.reply[probe] = answer.reply;
    columns.ttl[probe] = route.ttl;
    columns.icmpType[probe] = answer.icmpType;
    columns.icmpCode[probe] = answer.icmpCode;
    if (rttNs <= this.plan.waitNs) {
      this.outcomes.push(knownNs, 2 * probe);
      return;
    }
    const late = rttNs <= this.plan.matchNs;
    // Lost is said first, so the answer stands in the pool and what is said of it depends on the item.
    columns.outcome[probe] = late ? Outcomes.late : Outcomes.lost;
    this.outcomes.push(deadlineNs, 2 * probe);
    if (late) this.outcomes.push(Math.max(knownNs, deadlineNs), 2 * probe + 1);
  }

  private fill(probe: number, outcome: number, rttNs: number): void {
    const { columns } = this.pool;
    this.pool.opens[probe] = -1;
    columns.outcome[probe] = outcome;
    columns.rttNs[probe] = rttNs;
    columns.reply[probe] = NONE;
    columns.ttl[probe] = 0;
    columns.icmpType[probe] = 0;
    columns.icmpCode[probe] = 0;
  }

  /** @param item twice the probe, plus 1 when it is the answer after the loss was reported */
  private deliver(item: number): void {
    const probe = item >>> 1;
    const { columns } = this.pool;
    const path = columns.path[probe] ?? 0;
    const to = this.batch.columns;
    const i = this.batch.add();
    copySample(columns, probe, to, i);
    let outcome = columns.outcome[probe] ?? Outcomes.lost;
    const lateIsToCome = outcome === Outcomes.late && (item & 1) === 0;
    if (lateIsToCome) outcome = Outcomes.lost;
    if (outcome === Outcomes.lost) {
      to.rttNs[i] = -1;
      to.reply[i] = NONE;
      to.ttl[i] = 0;
      this.lastLostSentNs = Math.max(this.lastLostSentNs, columns.sentNs[probe] ?? 0);
      if (this.unreachable.has(path)) outcome = Outcomes.rateLimited;
    } else if (to.reply[i] === UNREACHABLE && outcome === Outcomes.reply) {
      this.unreachable.add(path);
    }
    to.outcome[i] = outcome;
    const connectNs = this.pool.opens[probe] ?? -1;
    if (outcome <= Outcomes.late && connectNs >= 0)
      this.batch.addRequest(i, connected(connectNs, columns.rttNs[probe] as number));
    // What was said first must be taken back exactly, and a port may turn out closed in between.
    this.tally.outcome(path, outcome, this.pool.said[probe]);
    if (lateIsToCome) this.pool.said[probe] = outcome;
    else this.pool.release(probe);
  }

  private path(index: number): ProbedPath {
    const path = this.paths[index];
    if (path === undefined) throw new RangeError(`no path ${index}`);
    return path;
  }
}

/** A request over a connection of its own. */
function connected(connectNs: number, rttNs: number): RequestDetail {
  const phases = { connect: connectNs, 'first-byte': rttNs - connectNs, body: 0 };
  return { phases, reached: 'done', status: 200, bytes: 0, reused: false, retried: false };
}
