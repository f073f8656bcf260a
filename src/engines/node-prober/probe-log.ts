import { CodedError } from '../../model/errors.js';
import type { ProbePlan } from '../../model/plan.js';
import type { RequestDetail } from '../../model/request.js';
import { FRESH_FLOW, FRESH_SEQ_BIT, Outcomes, REPLIES, SampleFlags } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { SampleBatch } from '../slots/sample-batch.js';
import type { Answer, Probe, ProbeEvents } from './means.js';
import { Tally } from './tally.js';
import { Fate, Train } from './train.js';

const UNREACHABLE = REPLIES.indexOf('unreachable');
const NO_ANSWER: Said = { reply: REPLIES.indexOf('none'), ttl: 0, icmpType: 0, icmpCode: 0, rttNs: -1, errno: 0 };
/** Probes remembered in all; beyond that a plan is refused. */
const MOST_REMEMBERED = 8_000_000;

type Said = Omit<Answer, 'outcome' | 'receivedNs'> & { readonly rttNs: number; readonly errno: number };

/** Keeps what was sent, matches answers to it, and writes a sample as soon as the fate of a probe is known. */
export class ProbeLog implements ProbeEvents {
  readonly tally: Tally;
  strays = 0;
  forgeries = 0;
  readonly warnings: { code: string; message: string }[] = [];
  readonly #trains: readonly Train[];
  readonly #batch = new SampleBatch();
  /** Probes given to the means that have not left yet. */
  #handed = 0;
  /** Paths whose port is known to be closed to UDP, so that silence there means a limit. */
  readonly #unreachable = new Set<number>();
  /** By train, the oldest probe that is still matched. */
  readonly #matched = new Map<number, number>();

  /** @param flush called when samples have gathered */
  constructor(
    private readonly plan: ProbePlan,
    private readonly flush: (batch: SampleBatch) => void,
    private readonly forget: (train: number, k: number) => void,
    private readonly describe: (train: number, k: number) => RequestDetail | undefined = () => undefined,
    /** It is answered, and since when is yet to be told: nothing is given up. */
    private readonly held: (train: number, k: number) => boolean = () => false,
  ) {
    this.tally = new Tally(plan.paths.length);
    const capacities = plan.paths.flatMap(({ intervalNs, freshPerSecond }) => [
      this.#capacity(intervalNs, intervalNs),
      freshPerSecond > 0 ? this.#capacity(intervalNs, SECOND / freshPerSecond) : 1,
    ]);
    if (capacities.reduce((sum, capacity) => sum + capacity, 0) > MOST_REMEMBERED)
      throw new CodedError(
        'E_PLAN',
        'too many probes to remember until they are answered',
        'give fewer paths or longer intervals, or use the engine helper',
        2,
      );
    this.#trains = capacities.map((capacity) => new Train(capacity));
  }

  begin(probe: Probe, dueNs: number, lagNs: number): void {
    this.#train(probe.train).begin(probe.k, dueNs, lagNs);
    this.#handed += 1;
  }

  missed(path: number): void {
    this.tally.add(path, 'missedSlots');
  }

  sent(train: number, k: number, sentNs: number, ownPort = false): void {
    const row = this.#train(train);
    if (row.fate(k) !== Fate.handed) return;
    this.#handed -= 1;
    row.setSent(k, Math.max(sentNs, row.dueNs(k)), ownPort);
    this.tally.add(train >> 1, 'sent');
  }

  failed(train: number, k: number, errno: number): void {
    const row = this.#train(train);
    const fate = row.fate(k);
    if (fate !== Fate.handed && fate !== Fate.sent) return;
    // Some refusals are known only after the call that seemed to send it.
    if (fate === Fate.sent) this.tally.add(train >> 1, 'sent', -1);
    else this.#handed -= 1;
    row.setFate(k, Fate.failed);
    this.#write(train, k, Outcomes.sendFailed, { ...NO_ANSWER, errno });
  }

  answered(train: number, k: number, answer: Answer): number {
    const row = this.#trains[train];
    const fate = row?.fate(k) ?? Fate.none;
    if (!row || fate === Fate.none || fate === Fate.handed || fate === Fate.failed) {
      this.strays += 1;
      return -1;
    }
    const before = row.countAnswer(k);
    const path = train >> 1;
    if (fate === Fate.answered || fate === Fate.error) {
      this.tally.add(path, 'duplicates');
      return before;
    }
    const rttNs = Math.max(0, answer.receivedNs - row.sentNs(k));
    let { outcome } = answer;
    if (outcome === Outcomes.reply && answer.reply === UNREACHABLE) this.#unreachable.add(path);
    if (outcome === Outcomes.reply && rttNs > this.plan.waitNs) {
      // It was lost before it was late, also where nobody has come to say so.
      if (fate === Fate.sent) this.#giveUp(train, k);
      outcome = Outcomes.late;
    }
    const now = row.fate(k);
    if (now === Fate.lost) this.tally.outcome(path, Outcomes.lost, -1);
    if (now === Fate.rateLimited) this.tally.outcome(path, Outcomes.rateLimited, -1);
    row.setFate(k, outcome === Outcomes.error ? Fate.error : Fate.answered);
    this.#write(train, k, outcome, { ...answer, rttNs, errno: 0 });
    return before;
  }

  stray(): void {
    this.strays += 1;
  }

  forged(): void {
    this.forgeries += 1;
  }

  warn(code: string, message: string): void {
    this.warnings.push({ code, message });
  }

  /** Probes whose outcome is not known yet. */
  get open(): number {
    return this.#handed + this.tally.inFlight;
  }

  /** Gives up what was sent more than the wait ago, and forgets what is no longer matched. */
  expire(nowNs: number): void {
    this.#trains.forEach((row, train) => {
      for (; row.oldest < row.next; row.oldest += 1) {
        const fate = row.fate(row.oldest);
        if (fate === Fate.handed) break;
        if (fate !== Fate.sent) continue;
        if (row.sentNs(row.oldest) + this.plan.waitNs >= nowNs) break;
        if (this.held(train, row.oldest)) continue;
        this.#giveUp(train, row.oldest);
      }
      this.#forgetOld(row, train, nowNs);
    });
  }

  /** Hands on what has gathered. */
  flushAll(): void {
    if (!this.#batch.empty) this.flush(this.#batch);
  }

  #forgetOld(row: Train, train: number, nowNs: number): void {
    let k = this.#matched.get(train) ?? 0;
    for (; k < row.oldest && (!row.has(k) || row.sentNs(k) + this.plan.matchNs < nowNs); k += 1)
      if (row.has(k)) this.forget(train, k);
    this.#matched.set(train, k);
  }

  #giveUp(train: number, k: number): void {
    const path = train >> 1;
    const limited = this.plan.paths[path]?.protocol === 'udp' && this.#unreachable.has(path);
    this.#train(train).setFate(k, limited ? Fate.rateLimited : Fate.lost);
    this.#write(train, k, limited ? Outcomes.rateLimited : Outcomes.lost, NO_ANSWER);
  }

  #write(train: number, k: number, outcome: number, said: Said): void {
    const row = this.#train(train);
    const path = train >> 1;
    const fresh = (train & 1) === 1;
    const ownPort = fresh || row.ownPort(k);
    this.tally.outcome(path, outcome);
    const { columns } = this.#batch;
    const i = this.#batch.add();
    columns.path[i] = path;
    columns.seq[i] = fresh ? (k | FRESH_SEQ_BIT) >>> 0 : k;
    columns.flow[i] = ownPort ? FRESH_FLOW : k % (this.plan.paths[path]?.flows ?? 1);
    columns.dueNs[i] = row.dueNs(k);
    columns.sentNs[i] = row.sentNs(k);
    columns.lagNs[i] = row.lagNs(k);
    columns.rttNs[i] = said.rttNs;
    columns.outcome[i] = outcome;
    columns.reply[i] = said.reply;
    columns.ttl[i] = said.ttl;
    columns.icmpType[i] = said.icmpType;
    columns.icmpCode[i] = said.icmpCode;
    columns.router[i] = said.router === undefined ? 0 : this.#batch.routerNumber(said.router);
    columns.errorCode[i] = said.errno;
    const request = this.describe(train, k);
    if (request !== undefined) this.#batch.addRequest(i, request);
    columns.flags[i] =
      SampleFlags.userSentStamp | SampleFlags.userReceivedStamp | (ownPort ? SampleFlags.freshFlow : 0);
    if (this.#batch.full) this.flush(this.#batch);
  }

  /** As many probes as are matched at a time, or as the whole run has. */
  #capacity(pathIntervalNs: number, intervalNs: number): number {
    const { count, durationNs, matchNs, waitNs } = this.plan;
    const runNs = Math.min(count > 0 ? count * pathIntervalNs : Infinity, durationNs > 0 ? durationNs : Infinity);
    return Math.ceil(Math.min(Math.max(matchNs, waitNs) + 3 * SECOND, runNs) / intervalNs) + 4;
  }

  #train(train: number): Train {
    const row = this.#trains[train];
    if (!row) throw new RangeError(`no train ${train}`);
    return row;
  }
}
