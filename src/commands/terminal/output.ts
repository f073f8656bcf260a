import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { printableLines } from '../../format/printable.js';
import { CodedError } from '../../model/errors.js';
import { checkOutputs, STANDARD_STREAM, type UsedFile } from './check-output.js';
import type { Io } from './io.js';

/** Where the results of a run go. */
export interface Output {
  /** Standard output has no name. */
  readonly file: string | undefined;
  /** @throws CodedError E_OUTPUT at the write that met a full disk */
  write(content: string | Uint8Array): Promise<void>;
}

export interface OutputPlace {
  /** As typed behind `-o`; undefined and `-` are standard output. */
  readonly output?: string | undefined;
  /** What the run reads, or writes beside its results: never to be written over. */
  readonly inputs?: readonly UsedFile[];
}

/**
 * Runs `work` with a place for its results, which appear whole or not at all: a file is written beside its name and
 * takes the name when `work` is done. What had been written when it failed is kept beside it and told, unless the disk
 * is full. What is no file (a terminal, a pipe, a device) is written to as results come.
 *
 * @throws CodedError E_OUTPUT: 2 where the output is an input, 4 where it cannot be written
 */
export async function withOutput<T>(place: OutputPlace, io: Io, work: (output: Output) => Promise<T>): Promise<T> {
  const path = place.output ?? STANDARD_STREAM;
  checkOutputs([{ path, what: 'where the results go' }], place.inputs ?? []);
  if (path === STANDARD_STREAM) {
    return work({ file: undefined, write: async (content) => io.out(String(content)) });
  }
  const file = await OutputFile.open(path);
  try {
    const result = await work(file);
    await file.finish();
    return result;
  } catch (error) {
    const kept = await file.abandon();
    if (kept !== undefined) io.err(`${path} was not finished: what there was is in ${kept}\n`);
    throw error;
  }
}

/** A file that is being written. */
class OutputFile implements Output {
  #written = 0;
  #full = false;
  /** One write at a time: several vantages may have something to say at once. */
  #last: Promise<void> = Promise.resolve();

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    /** Until it is done, and the name it gets then; the same where it is written in place. */
    private readonly path: string,
    private readonly target: string,
  ) {}

  /** @throws CodedError E_OUTPUT when the file cannot be made */
  static async open(file: string): Promise<OutputFile> {
    try {
      const found = await stat(file).catch(() => undefined);
      // Names of descriptors lead to files whose names are not for this process to change.
      const isStream = (found !== undefined && !found.isFile()) || /^\/(dev\/(fd|std)|proc\/)/.test(file);
      if (isStream) return new OutputFile(file, await open(file, 'w'), file, file);
      const target = found === undefined ? file : await realpath(file);
      const beside = join(dirname(target), `${basename(target)}.${randomBytes(4).toString('hex')}.part`);
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const handle = await open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, found ? found.mode & 0o777 : 0o666);
      return new OutputFile(file, handle, beside, target);
    } catch (cause) {
      throw failed(file, cause as Error);
    }
  }

  write(content: string | Uint8Array): Promise<void> {
    const turn = this.#last.then(() => this.#write(content));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #write(content: string | Uint8Array): Promise<void> {
    try {
      const bytes = typeof content === 'string' ? Buffer.from(printableLines(content)) : content;
      for (let at = 0; at < bytes.length; ) at += (await this.handle.write(bytes, at)).bytesWritten;
      this.#written += bytes.length;
    } catch (cause) {
      this.#full = true;
      throw failed(this.file, cause as Error);
    }
  }

  async finish(): Promise<void> {
    await this.#last;
    try {
      await this.handle.close();
      if (this.path === this.target) return;
      await rename(this.path, this.target).catch(async (cause: NodeJS.ErrnoException) => {
        // A file that is mounted by itself, as containers have them, keeps its name.
        if (cause.code !== 'EBUSY') throw cause;
        await copyFile(this.path, this.target);
        await rm(this.path);
      });
    } catch (cause) {
      throw failed(this.file, cause as Error);
    }
  }

  /** @returns where there is something that was kept */
  async abandon(): Promise<string | undefined> {
    await this.#last;
    await this.handle.close().catch(() => {});
    if (this.path === this.target) return undefined;
    if (this.#written > 0 && !this.#full) return this.path;
    await rm(this.path, { force: true }).catch(() => {});
    return undefined;
  }
}

function failed(path: string, cause: Error): CodedError {
  return new CodedError(
    'E_OUTPUT',
    `cannot write ${path}: ${cause.message}`,
    'make room, or choose another -o FILE',
    4,
  );
}
