import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../model/errors.js';
import { exchangeClock } from '../clock-exchange.js';
import type { ClockOffset, HelperName, HelperProcess, RunsAs, Transport } from '../transport.js';
import { FarHelper } from './far-helper.js';
import { FarKeeper } from './far-keeper.js';
import type { FarShell } from './far-shell.js';
import { readHelper } from './helper-copy.js';

const LINGER_MS = 10_000;
export const BEAT_SECONDS = 5;
/** What asks for a name, a password or a slow disk over there takes no longer than this. */
const ANSWER_MS = 30_000;
/** How long the end of a connection is waited for that seems to be gone. */
const GONE_MS = 500;

export interface FarTransportSettings {
  /**
   * After four times this long without a word from here, the far side ends its helpers: also when this process was
   * stopped for so long. After about as long without an answer, ssh gives up.
   */
  readonly beatSeconds?: number;
  /** How long a connection is kept after its last use. */
  readonly lingerMs?: number | undefined;
  /** By then a shell over there has to have answered, for the connection and for each helper. Default 30 s. */
  readonly answerMs?: number | undefined;
}

/** Helpers on another machine, copied there through a shell, over one connection at a time. */
export class FarTransport implements Transport {
  readonly place: string;
  #keeper: Promise<FarKeeper> | undefined;
  /** Of reaching the place, until it is reached. */
  #attempt: AbortController | undefined;
  #users = 0;
  #launches = 0;
  #linger: NodeJS.Timeout | undefined;

  constructor(
    private readonly shell: FarShell,
    private readonly settings: FarTransportSettings = {},
  ) {
    this.place = shell.place;
  }

  launch(name: HelperName, args: readonly string[]): HelperProcess {
    const copy = readHelper(name);
    this.#launches += 1;
    const helper = new FarHelper(this.shell, this.#take(), copy, this.#launches, args, this.#answerMs);
    const leave = () => this.#leave();
    helper.exited.then(leave, leave);
    return helper;
  }

  runsAs(): Promise<RunsAs> {
    return this.#using(async ({ place }) => place.runsAs);
  }

  exchangeClock(): Promise<ClockOffset> {
    return this.#using(async (keeper) => {
      const asked = exchangeClock(() => keeper.askTime());
      const late = new AbortController();
      const patience = sleep(this.#answerMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
      const offset = await Promise.race([asked, patience]);
      late.abort();
      if (offset !== undefined) return offset;
      const end = await Promise.race([keeper.ended, sleep(GONE_MS, undefined)]);
      if (end !== undefined) throw this.shell.explain(end);
      throw new CodedError(
        'E_CLOCK',
        `the clock of ${this.place} cannot be read`,
        'see what date +%s%N prints there; it has to be seconds since 1970',
        4,
      );
    });
  }

  async #using<T>(ask: (keeper: FarKeeper) => Promise<T>): Promise<T> {
    const taken = this.#take();
    try {
      return await ask(await taken);
    } finally {
      this.#leave();
    }
  }

  giveUp(): void {
    this.#attempt?.abort();
  }

  get #answerMs(): number {
    return this.settings.answerMs ?? ANSWER_MS;
  }

  async close(): Promise<void> {
    clearTimeout(this.#linger);
    const keeper = this.#keeper;
    this.#keeper = undefined;
    this.#attempt?.abort();
    // What failed to open needs no closing.
    await keeper?.then((open) => open.close()).catch(() => {});
  }

  /** The connection, opened if there is none. */
  #take(): Promise<FarKeeper> {
    clearTimeout(this.#linger);
    this.#users += 1;
    const keeper = this.#keeper ?? this.#open();
    keeper.then((open) => open.hold(true)).catch(() => {});
    return keeper;
  }

  #open(): Promise<FarKeeper> {
    const attempt = new AbortController();
    const { beatSeconds = BEAT_SECONDS } = this.settings;
    const keeper = FarKeeper.start(this.shell, { beatSeconds, answerMs: this.#answerMs, given: attempt.signal });
    this.#attempt = attempt;
    this.#keeper = keeper;
    const forget = () => {
      if (this.#keeper === keeper) this.#keeper = undefined;
    };
    const reached = () => {
      if (this.#attempt === attempt) this.#attempt = undefined;
    };
    keeper.then(reached, reached);
    keeper.then(({ ended }) => ended).then(forget, forget);
    return keeper;
  }

  /** Whoever was last lets go of the process and, after a while, of the connection. */
  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#keeper?.then((open) => open.hold(this.#users > 0)).catch(() => {});
    this.#linger = setTimeout(() => this.close().catch(() => {}), this.settings.lingerMs ?? LINGER_MS);
    this.#linger.unref();
  }
}
