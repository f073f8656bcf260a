import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, machine, release } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodePlan } from '../../codec/plan/probe-plan-text.js';
import { packageVersion } from '../../installation/version.js';
import type { EndReason } from '../../model/end-reason.js';
import type { EngineEvent } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { ProbePlan } from '../../model/plan.js';
import { present } from '../../model/present.js';
import { MS, SECOND } from '../../model/time.js';
import { checkPaths, checkPortsInRow, checkRate } from '../slots/plan-check.js';
import { Clock } from './clock.js';
import { FrameOutput } from './frame-output.js';
import { Heartbeat } from './heartbeat.js';
import type { Means, OpenMeans } from './means.js';
import { type Command, PlanInput } from './plan-input.js';
import { ProbeLog } from './probe-log.js';
import { Schedule } from './schedule.js';

const HOUSEKEEPING_NS = 50 * MS;
/** A run ends at most this long after its last probe, and as long again if it hardly gets a CPU itself. */
const LINGER_NS = 2 * SECOND;
/** Turns of the event loop in which no answer was read: then none is there. */
const IDLE_TURNS = 3;
/** Of shorter intervals half is less than a timer is late. */
const FAST_NS = 4 * MS;
/** A loss is noticed a little after it is certain. */
const NOTICE_NS = 10 * MS;

/**
 * A prober in a process of its own that speaks the language of `rxray-prober`: plan in, frames out, and it ends when
 * its input closes. Of its own, because what is stamped in user space must not wait for detectors or a dashboard.
 *
 * @param name for the hello: `rxray-portable`
 * @returns the exit status: 0, 2 for a plan it refuses, 4 for what the machine refuses
 */
export async function runProber(name: string, open: OpenMeans): Promise<number> {
  const input = new PlanInput(process.stdin);
  const clock = new Clock();
  const output = new FrameOutput(() => process.exit(0));
  let means: Means | undefined;
  try {
    const text = await input.plan;
    if (text === undefined) throw new CodedError('E_PLAN', 'the plan ended without `run`', 'give a whole plan', 2);
    const plan = decodePlan(text);
    checkPaths(plan);
    checkPortsInRow(plan);
    checkRate(plan);
    const log: ProbeLog = new ProbeLog(
      plan,
      (batch) => output.write({ kind: 'samples', samples: batch.take() }),
      (train, k) => means?.forget?.(train, k),
      (train, k) => means?.describe?.(train, k),
      (train, k) => means?.holdsBack?.(train, k) === true,
    );
    let prober: Prober | undefined;
    means = await open(plan, log, clock, () => prober?.sendDue());
    prober = new Prober(name, plan, means, log, clock, output);
    const reason = await prober.run(input);
    means.close();
    output.write({ kind: 'end', timeNs: Math.max(0, Math.round(clock.nowNs())), reason });
    await output.finish();
    return 0;
  } catch (error) {
    means?.close();
    if (!(error instanceof CodedError)) throw error;
    output.write(startOf(clock));
    output.write(failureOf(error));
    output.write({ kind: 'end', timeNs: 0, reason: 'error' });
    await output.finish();
    return error.exitCode;
  }
}

function startOf(clock: Clock): EngineEvent {
  const streamId = randomBytes(8).readBigUInt64LE();
  return { kind: 'start', epochRealNs: clock.epochRealNs, epochMonoNs: clock.epochMonoNs, streamId };
}

/** Plans number their paths; who wrote the plan knows the names. */
function failureOf({ code, message, remedy }: CodedError): EngineEvent {
  const [, path, rest] = /^path (\d+): (.*)$/s.exec(message) ?? [];
  if (path === undefined || rest === undefined) return { kind: 'failure', code, message, remedy };
  return { kind: 'failure', code, message: rest, remedy, path: Number(path) };
}

/** Whether this process was started with real-time priority: field 41 of stat, see proc(5). */
function isRealtime(): boolean {
  try {
    const [, behind = ''] = /^.*\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
    return behind.split(' ')[38] === '1';
  } catch {
    return false;
  }
}

class Prober {
  #schedule: Schedule;
  readonly #heartbeat: Heartbeat;
  #cpuAtStart = process.cpuUsage();
  #housekeepingNs = 0;
  #secondNs = 0;
  #lastSentNs = 0;
  #askedNs = Number.POSITIVE_INFINITY;
  #reason: EndReason = 'complete';
  readonly #fast: boolean;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #resolve: (reason: EndReason) => void = () => {};

  constructor(
    private readonly name: string,
    private readonly plan: ProbePlan,
    private readonly means: Means,
    private readonly log: ProbeLog,
    private readonly clock: Clock,
    private readonly output: FrameOutput,
  ) {
    this.#schedule = new Schedule(plan);
    // Timers of a process that runs at once are late by their own millisecond only, and one that spins would keep others
    // out.
    this.#fast = (means.precise === true && !isRealtime()) || plan.paths.some(({ intervalNs }) => intervalNs < FAST_NS);
    this.#heartbeat = new Heartbeat(clock, (pause) => output.write({ kind: 'pause', pause }));
  }

  /** Resolves when everything is known, or the time to wait for it is over. */
  async run(input: PlanInput): Promise<EndReason> {
    const firstNs = this.clock.start(this.plan.epochMonoNs);
    this.#schedule = new Schedule(this.plan, firstNs);
    this.#housekeepingNs = firstNs;
    this.#secondNs = firstNs + SECOND;
    // Node.js takes more to start than many a run takes in all.
    this.#cpuAtStart = process.cpuUsage();
    this.output.write(startOf(this.clock));
    this.output.write(this.#hello());
    const ended = new Promise<EndReason>((resolve) => {
      this.#resolve = resolve;
    });
    input.listen((command) => this.#obey(command));
    process.once('SIGTERM', () => this.#end('signal'));
    this.#heartbeat.start();
    this.#running = true;
    this.#turn();
    const reason = await ended;
    this.#running = false;
    this.#stopWaiting();
    this.#heartbeat.stop();
    await this.#readWhatIsThere();
    this.means.settle?.();
    this.log.expire(this.clock.nowNs());
    this.log.flushAll();
    this.#warn();
    this.#counters();
    for (const totals of this.log.tally.totals()) this.output.write({ kind: 'path-totals', totals });
    return reason;
  }

  /** To a process that hardly gets a CPU answers have come that it has not read yet: they are late, not lost. */
  async #readWhatIsThere(): Promise<void> {
    const { tally } = this.log;
    const untilNs = this.clock.nowNs() + LINGER_NS;
    let received = tally.sum('received');
    for (let idle = 0; idle < IDLE_TURNS && tally.sum('sent') > received && this.clock.nowNs() < untilNs; idle += 1) {
      await nextTurn();
      const now = tally.sum('received');
      if (now > received) idle = -1;
      received = now;
    }
  }

  /**
   * Sends what is due, in between. When a server that stood still answers a hundred requests at once, the loop hands them
   * out one after the other, and turns to its timers only behind the last.
   */
  sendDue(): void {
    if (!this.#running || this.clock.nowNs() < this.#schedule.nextNs) return;
    this.#stopWaiting();
    this.#turn();
  }

  #turn(): void {
    const nowNs = this.clock.nowNs();
    const { probes, missed, pause } = this.#schedule.due(nowNs);
    for (const path of missed) this.log.missed(path);
    if (pause) this.output.write({ kind: 'pause', pause });
    for (const { probe, dueNs, lagNs } of probes) {
      this.log.begin(probe, dueNs, lagNs);
      this.#lastSentNs = nowNs;
      this.means.send(probe);
    }
    if (nowNs >= this.#housekeepingNs) this.#keepHouse(nowNs);
    let nextNs = Math.min(this.#schedule.nextNs, this.#housekeepingNs);
    if (this.#schedule.nextNs === Number.POSITIVE_INFINITY) {
      const { tally } = this.log;
      // Where answers were late, the last are as likely to be late as to be lost: they are waited for as long as may be.
      const mayBeLate = tally.sum('late') > 0 && tally.sum('lost') > 0;
      const lingerNs = mayBeLate ? LINGER_NS : Math.min(this.plan.waitNs + NOTICE_NS, LINGER_NS);
      // Someone who asked for the end need not wait from a last probe long past.
      if (this.#askedNs === Number.POSITIVE_INFINITY) this.#askedNs = nowNs;
      const endNs = Math.max(this.#askedNs, this.#lastSentNs + lingerNs) + this.#pausedNs(this.#lastSentNs);
      if ((this.log.open === 0 && !mayBeLate) || nowNs >= endNs) {
        this.#resolve(this.#reason);
        return;
      }
      nextNs = Math.min(nextNs, endNs);
    }
    this.#wait((nextNs - this.clock.nowNs()) / MS);
  }

  /** A process that hardly gets a CPU is late itself with what it waits for: it waits that much longer. */
  #pausedNs(sinceNs: number): number {
    return Math.min(LINGER_NS, this.#heartbeat.pausedSince(sinceNs));
  }

  /** JavaScript's timers count in milliseconds: where slots are nearer to each other, the loop turns until one is due. */
  #wait(forMs: number): void {
    if (this.#fast && forMs < 1) this.#immediate = setImmediate(() => this.#turn());
    else this.#timer = setTimeout(() => this.#turn(), Math.max(0, this.#fast ? Math.floor(forMs) : Math.ceil(forMs)));
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #keepHouse(nowNs: number): void {
    this.log.expire(nowNs - this.#pausedNs(nowNs - this.plan.waitNs));
    this.log.flushAll();
    this.#warn();
    if (nowNs >= this.#secondNs) {
      this.#counters();
      const clock = { timeNs: nowNs, realDriftNs: Math.round(this.clock.driftNs()), stepNs: 0, uncertaintyNs: MS };
      this.output.write({ kind: 'clock', clock });
      this.#secondNs = nowNs + SECOND;
    }
    this.#housekeepingNs = nowNs + HOUSEKEEPING_NS;
  }

  #obey(command: Command): void {
    if (command === 'counters') this.#counters();
    if (command === 'counters') return;
    if (command === 'closed') this.#reason = 'stdin-closed';
    this.#schedule.stop();
    this.#stopWaiting();
    this.#turn();
  }

  #end(reason: EndReason): void {
    this.#schedule.stop();
    this.#resolve(reason);
  }

  #warn(): void {
    for (const warning of this.log.warnings.splice(0)) this.output.write({ kind: 'warning', ...warning });
  }

  #counters(): void {
    const { tally, strays, forgeries } = this.log;
    const cpu = process.cpuUsage(this.#cpuAtStart);
    this.output.write({
      kind: 'counters',
      counters: {
        timeNs: Math.max(0, this.clock.nowNs()),
        sent: tally.sum('sent'),
        received: tally.sum('received'),
        late: tally.sum('late'),
        lost: tally.sum('lost'),
        sendFailed: tally.sum('sendFailed'),
        errors: tally.sum('errors'),
        missedSlots: tally.sum('missedSlots'),
        duplicates: tally.sum('duplicates'),
        strays,
        forged: forgeries,
        droppedRecords: this.output.dropped,
        kernelDrops: this.means.captureLosses,
        sentStampsMissing: 0,
        inFlight: tally.inFlight,
        cpuUserNs: cpu.user * 1_000,
        cpuSystemNs: cpu.system * 1_000,
        residentBytes: process.memoryUsage.rss(),
      },
    });
  }

  #hello(): EngineEvent {
    const { hello, limits, retransmitsNs } = this.means;
    const { transmitVia, receiveVia, paths, footprint } = hello;
    return {
      kind: 'hello',
      hello: {
        helper: this.name,
        version: packageVersion(),
        host: { name: hostname(), kernel: release(), machine: machine() },
        got: {
          ...(isRealtime() ? { scheduling: 'fifo' } : { scheduling: 'other', schedulingWhy: 'a Node.js process' }),
          memoryLocked: false,
          cpu: null,
          timestamps: 'user',
          transmitVia,
          receiveVia,
        },
        paths,
        footprint,
        limits,
        ...present({ retransmitsNs }),
      },
    };
  }
}
