import { PassThrough } from 'node:stream';
import { CodedError } from '../../model/errors.js';
import type { HelperExit, HelperProcess, RunsAs } from '../transport.js';
import type { FarKeeper } from './far-keeper.js';
import { readFarLines } from './far-lines.js';
import { launchScript } from './far-script.js';
import type { FarSession, SessionEnd } from './far-session.js';
import type { FarShell } from './far-shell.js';
import type { HelperCopy } from './helper-copy.js';

/** Where ssh ends with the connection's trouble, that of the connection itself is not long in coming. */
const TROUBLE_PATIENCE_MS = 500;

/** A helper on its way to another machine, then running there. */
export class FarHelper implements HelperProcess {
  readonly output: PassThrough = new PassThrough();
  readonly exited: Promise<HelperExit>;
  readonly runsAs: Promise<RunsAs>;
  /** Holds what is sent before the session stands. */
  readonly #input = new PassThrough();
  #session: FarSession | undefined;
  #abort: () => void = () => {};
  #terminated = false;
  #running: (runsAs: RunsAs) => void = () => {};

  /** @param number tells it from other helpers in the keeper's folder */
  constructor(
    private readonly shell: FarShell,
    keeper: Promise<FarKeeper>,
    private copy: HelperCopy,
    private readonly number: number,
    private readonly args: readonly string[],
    /** By then it has to run. */
    private readonly answerMs: number,
  ) {
    const running = new Promise<RunsAs>((resolve) => {
      this.#running = resolve;
    });
    const aborted = new Promise<undefined>((resolve) => {
      this.#abort = () => resolve(undefined);
    });
    this.exited = Promise.race([keeper, aborted])
      .then((reached) => (reached === undefined ? TERMINATED : this.#run(reached)))
      .finally(() => {
        if (!this.output.writableEnded) this.output.end();
        this.#input.destroy();
      });
    this.runsAs = Promise.race([running, this.exited.then(() => Promise.reject(this.#refusal(['ended'], '')))]);
    // Whoever awaits them gets the rejection; this keeps it from counting as unhandled until then.
    this.exited.catch(() => {});
    this.runsAs.catch(() => {});
  }

  send(text: string): void {
    if (this.#input.writable) this.#input.write(text);
  }

  closeInput(): void {
    this.#input.end();
  }

  /**
   * Ends the session, which closes the helper's stdin; the keeper ends it if that is not enough. By SIGKILL, as the
   * local program has nothing to tidy up.
   */
  terminate(): void {
    this.#terminated = true;
    this.#abort();
    this.#session?.kill('SIGKILL');
  }

  async #run(keeper: FarKeeper): Promise<HelperExit> {
    const { place } = keeper;
    if (this.#terminated) return TERMINATED;
    this.copy = this.copy.forMachine(place.system, place.machine, this.shell.place);
    const session = keeper.open();
    this.#session = session;
    session.input.write(launchScript(place, this.copy, this.number, this.args));
    session.input.write(this.copy.bytes);
    this.#input.pipe(session.input);
    // Without a keeper nobody over there would end it any more.
    const leave = () => {
      this.closeInput();
      // Nobody is there to see that.
      if (keeper.silence !== undefined) session.kill('SIGKILL');
    };
    keeper.ended.then(leave, leave);
    let running = false;
    let late = false;
    // A shell over there that hangs before it reads the script would be waited for for ever.
    const deadline = setTimeout(() => {
      late = true;
      session.kill('SIGKILL');
    }, this.answerMs);
    let refusal: CodedError | undefined;
    const take = (words: readonly string[]) => {
      running = words[0] === 'run';
      clearTimeout(deadline);
      if (running) this.#running(place.runsAs);
      else refusal ??= this.#refusal(words, place.folder);
      return running;
    };
    readFarLines(session.output, take, (rest) => {
      this.output.write(rest);
      session.output.pipe(this.output);
      // A reader that left must not keep the session waiting for someone to take the rest.
      this.output.once('close', () => session.output.resume());
    });
    const end = await session.closed;
    clearTimeout(deadline);
    if (late) throw this.shell.explain({ ...end, stderr: `no answer in ${this.answerMs / 1_000} s` });
    if (running) return this.#exit(end, keeper);
    if (this.#terminated) return TERMINATED;
    const lost = await keeper.trouble(end.code === 255 ? TROUBLE_PATIENCE_MS : 0);
    if (refusal) throw refusal;
    throw this.shell.explain(lost === undefined ? end : { ...end, stderr: joined(end.stderr, lost) });
  }

  /** Status 255 is ssh's own: the connection went, or the helper was killed by a signal, which ssh does not say. */
  async #exit(end: SessionEnd, keeper: FarKeeper): Promise<HelperExit> {
    if (keeper.silence !== undefined) return { ...end, stderr: joined(end.stderr, keeper.silence) };
    if (end.code !== 255) return end;
    const lost = await keeper.trouble(TROUBLE_PATIENCE_MS);
    const why = lost === undefined ? 'killed over there' : joined('the connection was lost', lost);
    return { ...end, stderr: joined(end.stderr, why) };
  }

  #refusal(words: readonly string[], folder: string): CodedError {
    const [word, ...rest] = words;
    const said = rest.join(' ');
    const { name, bytes } = this.copy;
    const { place } = this.shell;
    if (word === 'damaged') {
      return new CodedError(
        'E_CHECKSUM',
        `${name} did not arrive on ${place} as it was sent: ${rest[0]} of ${bytes.length} bytes, wrong checksum (${rest.slice(1).join(' ')})`,
        `try again; if it stays so, see whether ${folder} has room (df)`,
        4,
      );
    }
    if (word === 'broken') {
      return new CodedError(
        'E_HELPER',
        `${name} does not run on ${place}: ${said}`,
        'in a checkout run npm run build, else install rxray again',
        4,
      );
    }
    const why = word === 'gone' ? `its folder ${folder} is gone` : 'it ended before it ran';
    return new CodedError('E_HELPER', `${name} was not started on ${place}: ${why}`, 'try again', 4);
  }
}

const TERMINATED: HelperExit = { code: null, signal: 'SIGTERM', stderr: '' };

function joined(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('; ');
}
