import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../model/errors.js';
import { readFarLines } from './far-lines.js';
import { type FarPlace, keeperScript } from './far-script.js';
import type { FarSession, SessionEnd } from './far-session.js';
import type { FarConnection, FarShell } from './far-shell.js';

const CLOSE_MS = 10_000;
const KILL_MS = 2_000;
const LAST_WORDS_MS = 100;
/** As many as the far side waits for. */
const MISSED_BEATS = 4;

export interface FarKeeperSettings {
  /** After four of these without a word from here, the far side ends its helpers. */
  readonly beatSeconds: number;
  /** By then the far side has to have answered. */
  readonly answerMs: number;
  /** Gives the attempt up when it is aborted. */
  readonly given: AbortSignal;
}

/** Who waits for the far time, in the order of asking. */
type Answers = ((time: string) => void)[];

/** The connection to a far side and the private folder there, kept by the keeper script. */
export class FarKeeper {
  readonly ended: Promise<SessionEnd>;
  readonly #connection: FarConnection;
  readonly #beat: NodeJS.Timeout;
  readonly #answers: Answers;
  /** Beats since the far side was heard. */
  #unheard = 0;
  #silence: string | undefined;

  private constructor(
    connection: FarConnection,
    readonly place: FarPlace,
    answers: Answers,
    beatSeconds: number,
  ) {
    this.#connection = connection;
    this.#answers = answers;
    this.ended = connection.keeper.closed;
    this.#beat = setInterval(() => this.#sayAndHear(beatSeconds), beatSeconds * 1_000);
    this.#beat.unref();
    const rest = () => clearInterval(this.#beat);
    this.ended.then(rest, rest);
  }

  /**
   * @throws CodedError of the shell (E_SSH, E_KUBECTL), or E_NO_FOLDER
   */
  static async start(shell: FarShell, { beatSeconds, answerMs, given }: FarKeeperSettings): Promise<FarKeeper> {
    const connection = await reached(shell, given);
    const { keeper } = connection;
    const giveUp = () => {
      keeper.kill('SIGTERM');
      setTimeout(() => keeper.kill('SIGKILL'), KILL_MS).unref();
    };
    given.addEventListener('abort', giveUp, { once: true });
    if (given.aborted) giveUp();
    keeper.input.write(keeperScript(randomBytes(12).toString('hex'), beatSeconds));
    const answers: Answers = [];
    const ready = new Promise<FarKeeper>((resolve, reject) => {
      const take = (words: readonly string[]) => {
        if (words[0] === 'nowhere') reject(noFolder(shell.place, words.slice(1)));
        if (words[0] === 'ready') resolve(new FarKeeper(connection, farPlace(words), answers, beatSeconds));
        if (words[0] === 'time') answers.shift()?.(words[1] ?? '');
        return false;
      };
      readFarLines(keeper.output, take, () => {});
    });
    const ended = keeper.closed.then((end) => {
      const stderr = late ? `${end.stderr}\nno answer in ${answerMs / 1_000} s` : end.stderr;
      throw shell.explain({ ...end, stderr });
    });
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      giveUp();
    }, answerMs);
    try {
      const started = await Promise.race([ready, ended]);
      keeper.forgetStderr();
      return started;
    } finally {
      clearTimeout(deadline);
      given.removeEventListener('abort', giveUp);
      // It goes on to settle, though nobody waits for it any more.
      ended.catch(() => {});
    }
  }

  /** What is said of a far side that went away without a word: a machine whose power was cut sends no end. */
  get silence(): string | undefined {
    return this.#silence;
  }

  open(): FarSession {
    return this.#connection.open();
  }

  /** The far CLOCK_REALTIME as `date +%s%N` prints it; undefined when the connection is gone. */
  askTime(): Promise<string | undefined> {
    return Promise.race([
      new Promise<string>((resolve) => {
        this.#answers.push(resolve);
        this.#connection.keeper.input.write('time\n');
      }),
      this.ended.then(() => undefined),
    ]);
  }

  /** What went wrong with the connection, if it has ended by itself or does so soon. */
  async trouble(patienceMs: number): Promise<string | undefined> {
    const { keeper } = this.#connection;
    const waiting = new AbortController();
    const patience = sleep(patienceMs, undefined, { signal: waiting.signal }).catch(() => {});
    const gone = await Promise.race([keeper.exited.then(() => true), patience]);
    waiting.abort();
    if (!gone) return undefined;
    // Its last words may still be on their way.
    await Promise.race([keeper.closed, sleep(LAST_WORDS_MS)]);
    return this.#silence ?? keeper.stderr;
  }

  /**
   * Each beat tells the far side that this one lives, and asks it for an answer, as kubectl itself would wait for one for
   * minutes. Beats are counted, not seconds: a machine that slept has not been answered meanwhile.
   */
  #sayAndHear(beatSeconds: number): void {
    if (this.#unheard >= MISSED_BEATS) {
      this.#silence = `no word from there for ${MISSED_BEATS * beatSeconds} s`;
      this.#connection.keeper.kill('SIGKILL');
      return;
    }
    this.#unheard += 1;
    this.#answers.push(() => {
      this.#unheard = 0;
    });
    this.#connection.keeper.input.write('time\n');
  }

  /** Whether this process stays alive for the connection's sake. */
  hold(alive: boolean): void {
    this.#connection.keeper.hold(alive);
  }

  /** Lets the far side clean up and waits until it has. */
  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.hold(true);
    const { keeper } = this.#connection;
    keeper.input.end();
    const timers = [
      setTimeout(() => keeper.kill('SIGTERM'), CLOSE_MS),
      setTimeout(() => keeper.kill('SIGKILL'), CLOSE_MS + KILL_MS),
    ];
    await this.ended;
    for (const timer of timers) clearTimeout(timer);
  }
}

/** What comes before there is a session, as a container that has to start, is given up as well. */
function reached(shell: FarShell, given: AbortSignal): Promise<FarConnection> {
  const givenUp = new Promise<never>((_, reject) => {
    const refuse = () => reject(shell.explain({ code: null, signal: null, stderr: 'given up before it answered' }));
    given.addEventListener('abort', refuse, { once: true });
    if (given.aborted) refuse();
  });
  givenUp.catch(() => {});
  return Promise.race([shell.connect(), givenUp]);
}

function farPlace(words: readonly string[]): FarPlace {
  const [, runsAs, checksumTool, system = '', machine = '', ...folder] = words;
  return {
    runsAs: runsAs === 'root' || runsAs === 'sudo' ? runsAs : 'user',
    checksumTool: checksumTool === 'sha256sum' ? checksumTool : 'cksum',
    system,
    machine,
    folder: folder.join(' '),
  };
}

function noFolder(place: string, refused: readonly string[]): CodedError {
  return new CodedError(
    'E_NO_FOLDER',
    `no place on ${place} where a file can be written and executed: tried ${[...new Set(refused)].join(', ')}`,
    'set TMPDIR for that user to a folder on a file system mounted without noexec',
    4,
  );
}
