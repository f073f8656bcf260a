import { type LongCall, type SlowRequest, satInCalls } from '../../correlate/sat-in-calls.js';
import type { TraceRun } from '../../kernel/tracer.js';
import { CodedError } from '../../model/errors.js';
import type { ServerCall } from '../../model/server-call.js';
import { MS, SECOND } from '../../model/time.js';
import { SyscallsRecords } from '../../report/trace/syscalls-records.js';

const MOST_KEPT = 4_096;
/** With so many slow requests since it is traced, or after so long, the rest would show nothing new. */
const ENOUGH_REQUESTS = 12;
const LONG_ENOUGH_NS = 10 * SECOND;
/** Shorter calls are not found by switches and samples. */
const SHORTEST_NS = 10 * MS;
/** In these a thread waits for the next request, or for what it has asked for itself. */
const WAITS_FOR_EVENTS = [
  ...['poll', 'ppoll', 'select', 'pselect6', 'epoll_wait', 'epoll_pwait', 'epoll_pwait2'],
  ...['accept', 'accept4', 'io_uring_enter', 'wait4', 'waitid', 'rt_sigsuspend', 'rt_sigtimedwait', 'pause'],
];

/** What a tracer is asked of a server: its long calls, cheaply. */
export function serverQuestion(processes: readonly number[], thresholdNs: number) {
  return {
    question: 'syscalls',
    minNs: Math.max(SHORTEST_NS, Math.round(thresholdNs / 2)),
    sparing: true,
    stacks: true,
    pids: processes,
    calls: { except: true, names: WAITS_FOR_EVENTS },
  } as const;
}

/** The tracer at work on the processes of one server: which system calls they sit in. */
export class ServerCalls {
  readonly #records = new SyscallsRecords();
  readonly #calls: LongCall[] = [];
  readonly #requests: SlowRequest[] = [];
  #beganNs: number | undefined;
  #ended = false;

  /** @param clockOffsetNs the machine's clock minus ours */
  constructor(
    readonly machine: string,
    private readonly epochRealNs: bigint,
    private readonly clockOffsetNs: number,
    private readonly run: TraceRun,
  ) {}

  request(request: SlowRequest): void {
    if (this.#beganNs === undefined || request.sentNs < this.#beganNs) return;
    this.#requests.push(request);
    if (this.#requests.length > MOST_KEPT) this.#requests.shift();
  }

  stop(): void {
    this.run.stop();
  }

  satisfied(nowNs: number): boolean {
    if (this.#ended) return true;
    const sinceNs = this.#beganNs;
    return sinceNs !== undefined && (this.#requests.length >= ENOUGH_REQUESTS || nowNs - sinceNs >= LONG_ENOUGH_NS);
  }

  /** Reads the tracer to its end. @returns why it could not trace, or undefined when it could */
  async follow(): Promise<string | undefined> {
    let shiftNs = 0;
    try {
      for await (const event of this.run.events) {
        if (event.kind === 'start') shiftNs = Number(event.epochRealNs - this.epochRealNs) - this.clockOffsetNs;
        if (event.kind !== 'kernel') continue;
        const told = event.event;
        if (told.kind === 'hello') this.#beganNs = shiftNs + told.hello.tracesFromNs;
        else if (told.kind === 'syscall') this.#take(told.call, shiftNs);
        else if (told.kind === 'symbol' || told.kind === 'user-symbol' || told.kind === 'call-stack')
          this.#records.learn(told);
      }
      return this.#beganNs === undefined ? 'the tracer ended before it traced' : undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return error.message;
    } finally {
      this.#ended = true;
    }
  }

  sat(): ServerCall[] {
    return satInCalls(this.machine, this.#requests, this.#calls);
  }

  #take(call: Parameters<SyscallsRecords['call']>[0], shiftNs: number): void {
    this.#calls.push({
      beganNs: call.beganNs + shiftNs,
      endedNs: call.endedNs + shiftNs,
      record: this.#records.call(call),
    });
    if (this.#calls.length > MOST_KEPT) this.#calls.shift();
  }
}
