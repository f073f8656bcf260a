import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

export const needsTmux: { skip?: string } = existsSync('/usr/bin/tmux')
  ? {}
  : { skip: 'drives a real terminal: needs tmux (apt-get install tmux)' };

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a program left its terminal. */
export interface Left {
  readonly status: number;
  /** Line discipline as it was before: echo, line mode, signals. */
  readonly sameModes: boolean;
  readonly alternateScreen: boolean;
  readonly cursorShown: boolean;
  readonly mouse: boolean;
}

/** A real terminal that runs one program: a tmux server of its own. */
export class TmuxTerminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rxray-tmux-'));

  /** @param command words, which the shell gets quoted */
  constructor(command: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, environment = {} } = options;
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
    const { before, after, status } = this.#files();
    // The sleep keeps the screen to be looked at.
    const script = [
      `stty -g > ${before}`,
      ['env', ...settings, ...command.map(quoted)].join(' '),
      `echo $? > ${status}.new; stty -g > ${after}; mv ${status}.new ${status}; sleep 600`,
    ].join('\n');
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux('-f', '/dev/null', '-u', 'new-session', '-d', ...size, 'sh', '-c', script);
  }

  /** What the screen shows, a line a row, blanks at the ends left out. */
  text(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** The same with the sequences that set colours and the like. */
  styled(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** The screen, and what has scrolled off its top. */
  everything(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-500');
  }

  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** A click as terminals report it, from the first column and row as 0. */
  click(column: number, row: number): void {
    const place = `${column + 1};${row + 1}`;
    this.#tmux('send-keys', '-l', `\u001b[<0;${place}M`);
    this.#tmux('send-keys', '-l', `\u001b[<0;${place}m`);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Resolves to the screen once it shows that. */
  async shows(wanted: RegExp): Promise<string> {
    return this.#until(
      () => {
        const text = this.text();
        return wanted.test(text) ? text : undefined;
      },
      () => `the screen never showed ${wanted}:\n${this.everything()}`,
    );
  }

  /** Resolves once that was printed, on the screen or before it. */
  async prints(wanted: RegExp): Promise<void> {
    await this.#until(
      () => wanted.test(this.everything()) || undefined,
      () => `nothing printed ${wanted}:\n${this.everything()}`,
    );
  }

  /** Resolves once the program has ended. */
  async left(): Promise<Left> {
    const { before, after, status } = this.#files();
    await this.#until(
      () => existsSync(status) || undefined,
      () => `the program did not end:\n${this.text()}`,
    );
    const flags = '#{alternate_on} #{cursor_flag} #{mouse_any_flag}';
    const [alternate, cursor, mouse] = this.#tmux('display-message', '-p', flags).trim().split(' ');
    return {
      status: Number(readFileSync(status, 'utf8')),
      sameModes: readFileSync(before, 'utf8') === readFileSync(after, 'utf8'),
      alternateScreen: alternate === '1',
      cursorShown: cursor === '1',
      mouse: mouse === '1',
    };
  }

  /** Resolves once the terminal is as it was before the program, whoever saw to it. */
  async comesBack(): Promise<void> {
    const before = readFileSync(this.#files().before, 'utf8').trim();
    await this.#until(
      () => {
        const state = this.#tmux('display-message', '-p', '#{alternate_on}#{cursor_flag}#{mouse_any_flag} #{pane_tty}');
        const [flags, terminal = ''] = state.trim().split(' ');
        const modes = execFileSync('stty', ['-g', '-F', terminal], { encoding: 'utf8' }).trim();
        return (flags === '010' && modes === before) || undefined;
      },
      () => `the terminal was not given back:\n${this.text()}`,
    );
  }

  /** The process of that name among those the terminal runs. */
  async process(name: string): Promise<number> {
    const shell = Number(this.#tmux('display-message', '-p', '#{pane_pid}'));
    return this.#until(
      () => descendants(shell).find((pid) => nameOf(pid) === name),
      () => `no ${name} runs:\n${this.text()}`,
    );
  }

  /** Takes the terminal away, as when its window is closed. */
  close(): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // It was closed before.
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #files() {
    const file = (name: string): string => join(this.#folder, name);
    return { before: file('before'), after: file('after'), status: file('status') };
  }

  #tmux(...args: string[]): string {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' };
    return execFileSync('tmux', ['-S', join(this.#folder, 'socket'), ...args], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async #until<T>(look: () => T | undefined, failure: () => string): Promise<T> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
      const found = look();
      if (found !== undefined) return found;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error(failure());
  }
}

export function isAlive(pid: number): boolean {
  return nameOf(pid) !== undefined;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function statOf(pid: number): { name: string; state: string; parent: number } | undefined {
  try {
    const match = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return match ? { name: match[1] ?? '', state: match[2] ?? '', parent: Number(match[3]) } : undefined;
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  return statOf(pid)?.parent;
}

/** Undefined once it has ended. */
function nameOf(pid: number): string | undefined {
  const stat = statOf(pid);
  return stat === undefined || stat.state === 'Z' ? undefined : stat.name;
}
