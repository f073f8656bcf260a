import { REQUEST_PHASES, type RequestDetail, type RequestPhase, type TimedPhase } from '../../model/request.js';
import type { Clock } from '../node-prober/clock.js';

/** When the kernel had what a request waited for, on the clock of the run. */
export interface AnswerInstants {
  readonly connectedNs: number;
  /** The first byte of the read that brought the head. */
  readonly firstNs: number;
  readonly lastNs: number;
}

/** Of clocks that are read one after the other. */
const UNSURE_NS = 50_000;

/** Notes the instants at which one request went from phase to phase. */
export class PhaseMarks {
  readonly #phases: Partial<Record<TimedPhase, number>> = {};
  /** When each ended that is over. */
  readonly #ends: Partial<Record<TimedPhase, number>> = {};
  #phase: RequestPhase;
  #sentNs: number;
  #sinceNs: number;
  status: number | undefined;
  bytes = 0;
  reused = false;
  retried = false;
  queries: number | undefined;
  unanswered: number | undefined;
  failure: string | undefined;
  kernelStamps = false;

  /** @param first the phase that begins with the send */
  constructor(
    private readonly clock: Pick<Clock, 'nowNs'>,
    first: TimedPhase,
    sentNs: number,
  ) {
    this.#phase = first;
    this.#sentNs = sentNs;
    this.#sinceNs = sentNs;
  }

  get sentNs(): number {
    return this.#sentNs;
  }

  /** It left only now: what came before was the work of making it. */
  left(nowNs: number): void {
    this.#sentNs = nowNs;
    this.#sinceNs = nowNs;
  }

  get phase(): RequestPhase {
    return this.#phase;
  }

  /**
   * The phase under way has ended, and `next` begins. What comes out of turn is passed over.
   *
   * @param atNs when it did, where that is known better than by now
   */
  enter(next: RequestPhase, atNs = this.clock.nowNs()): void {
    if (orderOf(next) <= orderOf(this.#phase)) return;
    // Instants of one request do not run back, whatever their stamps are taken by.
    const sinceNs = Math.max(atNs, this.#sinceNs);
    this.#add(this.#phase, sinceNs);
    this.#phase = next;
    this.#sinceNs = sinceNs;
  }

  /** It began with a later phase than was thought: on a connection that was open already. */
  beginWith(phase: TimedPhase): void {
    this.#phase = phase;
    this.#sinceNs = this.#sentNs;
  }

  /** Back to an earlier phase, to which further time is added: what was begun is done again. */
  again(phase: TimedPhase): void {
    const nowNs = this.clock.nowNs();
    this.#add(this.#phase, nowNs);
    this.#phase = phase;
    this.#sinceNs = nowNs;
  }

  /** All phases are over. @returns the instant of the last */
  end(atNs?: number): number {
    this.enter('done', atNs);
    return this.#sinceNs;
  }

  /**
   * Puts the kernel's instants in place of those at which this process came to see the same. One request whose own and
   * whose kernel's instants contradict each other keeps its own.
   *
   * @returns the instant of the last byte
   */
  restamp({ connectedNs, firstNs, lastNs }: AnswerInstants): number {
    const moves: readonly (readonly [TimedPhase, TimedPhase | undefined, number])[] = [
      ...(this.reused || this.retried
        ? []
        : [['connect', this.#ends.tls === undefined ? 'first-byte' : 'tls', connectedNs] as const]),
      ['first-byte', 'body', firstNs],
      ['body', undefined, lastNs],
    ];
    const phases = { ...this.#phases };
    for (const [phase, next, atNs] of moves) {
      const earlierNs = Math.max(0, (this.#ends[phase] ?? Number.NaN) - atNs);
      const leftNs = (phases[phase] ?? 0) - earlierNs;
      if (!(leftNs >= -UNSURE_NS) || atNs > (this.#ends[phase] ?? 0) + UNSURE_NS) return this.#sinceNs;
      const movedNs = earlierNs + Math.min(0, leftNs);
      phases[phase] = Math.max(0, leftNs);
      if (next !== undefined) phases[next] = (phases[next] ?? 0) + movedNs;
      else this.#sinceNs -= movedNs;
    }
    Object.assign(this.#phases, phases);
    this.kernelStamps = true;
    return this.#sinceNs;
  }

  /** As far as it has come. */
  detail(): RequestDetail {
    const phases = { ...this.#phases };
    const open = this.#phase;
    if (open !== 'done') phases[open] = (phases[open] ?? 0) + Math.max(0, this.clock.nowNs() - this.#sinceNs);
    const { status, bytes, reused, retried, kernelStamps, queries, unanswered, failure } = this;
    return {
      phases,
      reached: open,
      ...(status === undefined ? {} : { status }),
      bytes,
      reused,
      retried,
      ...(kernelStamps ? { kernelStamps } : {}),
      ...(queries === undefined ? {} : { queries }),
      ...(unanswered === undefined ? {} : { unanswered }),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  #add(phase: RequestPhase, nowNs: number): void {
    if (phase === 'done') return;
    this.#phases[phase] = (this.#phases[phase] ?? 0) + (nowNs - this.#sinceNs);
    this.#ends[phase] = nowNs;
  }
}

const orderOf = (phase: RequestPhase): number => REQUEST_PHASES.indexOf(phase);
