import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** What this user's processes tell each other is no larger. */
const MOST_BYTES = 4 << 20;

/**
 * A folder that is this user's alone, for files by which rxray's processes find each other.
 *
 * In `XDG_RUNTIME_DIR` where that is the user's own, else beside other users' in the folder for temporary files, where
 * anybody may have made it first: so its owner, mode and kind are looked at each time, files are made anew and never
 * through a link. Root takes `/run`, as its environment may be that of whoever called `su` or `sudo -E`.
 */
export class PrivateFolder {
  readonly path: string;

  /** @param uid whose it has to be */
  constructor(
    name: string,
    private readonly uid = process.getuid?.() ?? 0,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    const runtime = environment.XDG_RUNTIME_DIR ?? '';
    const parent = uid === 0 ? '/run' : runtime !== '' && this.#isOwn(runtime) ? runtime : undefined;
    this.path = parent === undefined ? join(tmpdir(), `${name}-${uid}`) : join(parent, name);
  }

  /** Makes it where it is not there. @throws Error when it is not this user's alone */
  make(): void {
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (!this.#isOwn(this.path)) throw new Error(`${this.path} is not a folder of this user alone`);
  }

  /** Whether it is there, and this user's alone. */
  isThere(): boolean {
    return this.#isOwn(this.path);
  }

  /** Puts a file there in one step: nobody reads half of it. @throws Error */
  write(name: string, text: string): void {
    const beside = join(this.path, `.${name}.${randomBytes(8).toString('hex')}`);
    const fd = openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, join(this.path, name));
  }

  /** @returns undefined where there is none, or it is not a file of this user alone */
  read(name: string): string | undefined {
    if (!this.isThere()) return undefined;
    let fd: number;
    try {
      // A pipe that somebody put there must not be waited for.
      fd = openSync(join(this.path, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      const found = fstatSync(fd);
      if (!found.isFile() || !this.#isAlone(found) || found.size > MOST_BYTES) return undefined;
      const bytes = Buffer.alloc(found.size);
      return bytes.toString('utf8', 0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  }

  /** That it is gone already is no trouble. */
  remove(name: string): void {
    if (this.isThere()) rmSync(join(this.path, name), { force: true });
  }

  /** Takes the folder away when it is empty. */
  tidy(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // Others of this user still have files there.
    }
  }

  #isOwn(path: string): boolean {
    try {
      const found = lstatSync(path);
      return found.isDirectory() && this.#isAlone(found);
    } catch {
      return false;
    }
  }

  #isAlone({ uid, mode }: Stats): boolean {
    return uid === this.uid && (mode & 0o077) === 0;
  }
}
