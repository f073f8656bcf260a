import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

const STDERR_KEPT = 4_000;

export interface SessionEnd {
  /** `null` when the local program died of a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

const open = new Set<FarSession>();

// Nothing that hangs outlives rxray, also when it leaves without waiting for anybody.
process.on('exit', () => {
  for (const session of open) session.kill('SIGTERM');
});

/** A local program (`ssh`, `kubectl`) whose streams are those of FAR_COMMAND on the far side. */
export class FarSession {
  readonly input: Writable;
  readonly output: Readable;
  /** Never rejects: a program that cannot be started is one that ended at once. */
  readonly closed: Promise<SessionEnd>;
  /** As `closed`, but does not wait for what the program started and left with its streams. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #stderr = '';
  #closed = false;

  /** It gets a process group of its own, so that Ctrl-C in the terminal reaches rxray alone. */
  constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      // An ssh that ssh starts on the way (ProxyJump) gets no BatchMode, and must not open a window to ask either.
      env: { ...process.env, LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' },
    });
    this.#child = child;
    open.add(this);
    this.input = child.stdin;
    this.output = child.stdout;
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    // A session that ended takes no more input; that shows in how it ended.
    child.stdin.on('error', () => {});
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    this.closed = new Promise((resolve) => {
      child.once('error', (cause) => {
        if (child.pid !== undefined) return;
        open.delete(this);
        resolve({ code: 127, signal: null, stderr: `${command}: ${cause.message}` });
      });
      child.once('close', (code, signal) => {
        this.#closed = true;
        open.delete(this);
        resolve({ code, signal, stderr: this.stderr });
      });
    });
  }

  get stderr(): string {
    return this.#stderr.trim();
  }

  /** Drops what was written to stderr so far: banners and greetings explain nothing that comes later. */
  forgetStderr(): void {
    this.#stderr = '';
  }

  /** Whether this process stays alive for the session's sake. */
  hold(alive: boolean): void {
    // Pipes to a child are sockets, which their types do not say.
    const { stdin, stdout, stderr } = this.#child;
    for (const part of [this.#child, stdin, stdout, stderr] as Socket[]) alive ? part.ref() : part.unref();
  }

  /** Signals the program and what it started. */
  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#closed) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It ended on its own in between.
    }
  }
}
