#!/usr/bin/env node
import './installation/late-optimization.js';
import './installation/small-process.js';
import { basename } from 'node:path';
import { runCommandLine } from './cli/cli.js';
import { EXIT } from './commands/run/exit-status.js';
import type { Io } from './commands/terminal/io.js';
import { StandardOutput, type StandardStream } from './commands/terminal/standard-output.js';
import { errorText } from './format/error-text.js';
import { printable, printableLines } from './format/printable.js';
import { sourcePlace } from './installation/source-place.js';
import { packageVersion } from './installation/version.js';
import { CodedError } from './model/errors.js';

/** Commands that are installed under their own names beside `rxray`. */
const OWN_NAMES = new Set(['probe', 'bisect', 'kubectl-rxray']);

/** The same signal comes twice at once where a wrapper (timeout, npm) passes on what the whole group got. */
const ONE_SIGNAL_MS = 100;
/** Who asks by SIGTERM or SIGHUP does not ask twice: a run that has not ended by then is ended. */
const TERMINATION_MS = 10_000;
/** When all is said and written, nothing may keep the process: a connection, a child, a timer. */
const LEAVE_MS = 2_000;

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

const stop = new AbortController();
let interruptedAt = Number.NEGATIVE_INFINITY;

/** The first one ends the run in order, a second one the process. */
function interrupt(signal: keyof typeof SIGNALS): void {
  const now = performance.now();
  const leave = (): never => process.exit(EXIT.signalled + SIGNALS[signal]);
  if (stop.signal.aborted && now - interruptedAt > ONE_SIGNAL_MS) leave();
  interruptedAt = now;
  if (signal !== 'SIGINT') setTimeout(leave, TERMINATION_MS).unref();
  stop.abort();
}

for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) process.on(signal, () => interrupt(signal));

const output = new StandardOutput(process.stdout as StandardStream, () => stop.abort());
process.stderr.on('error', () => {});

const CLEAR_PAGE = '\x1b[H\x1b[J';

const io: Io = {
  out: (text) => output.write(text),
  outPage: (text) => output.writeRaw(`${CLEAR_PAGE}${printableLines(text)}`),
  err: (text) => {
    process.stderr.write(printableLines(text));
  },
  draw: (sequence) => {
    process.stderr.write(sequence);
  },
  outIsTerminal: process.stdout.isTTY ?? false,
  errIsTerminal: process.stderr.isTTY ?? false,
  columns: process.stderr.columns ?? process.stdout.columns ?? 100,
  interrupt: () => interrupt('SIGINT'),
  stop: stop.signal,
  onSnapshot: (callback) => {
    process.on('SIGQUIT', callback);
    return () => process.off('SIGQUIT', callback);
  },
  onHangUp: (callback) => {
    process.removeAllListeners('SIGHUP');
    process.on('SIGHUP', callback);
  },
};

const called = basename(process.argv[1] ?? 'rxray').replace(/\.js$/, '');
const program = OWN_NAMES.has(called) ? called : 'rxray';

/** Whatever is wrong, what is told of it is. */
function version(): string {
  try {
    return ` ${packageVersion()}`;
  } catch {
    return '';
  }
}

/** That too few files may be open is the machine's doing, wherever it shows: while modules are loaded, mostly. */
function fewFiles(error: unknown): CodedError | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
  return new CodedError(
    'E_FILES',
    'too few open files are allowed',
    code === 'EMFILE' ? 'raise ulimit -n to 1024 or more' : 'the machine has no more: raise fs.file-max',
    EXIT.system,
  );
}

/** A mistake in rxray: one line and how to report it, and a status that no finding has. */
function internalError(error: unknown): number {
  const few = fewFiles(error);
  if (few !== undefined) {
    process.stderr.write(errorText(program, few));
    return few.exitCode;
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const where = sourcePlace(stack ?? '');
  const at = where === undefined ? '' : ` at ${where}`;
  process.stderr.write(
    `${program}: a mistake in rxray${version()} itself: ${printable(`${name}: ${message}`)}${at} [E_INTERNAL]\n` +
      '  → please report it with the command line, and what the same prints with RXRAY_DEBUG=1\n',
  );
  if ((process.env.RXRAY_DEBUG ?? '') !== '') process.stderr.write(`${printableLines(stack ?? '')}\n`);
  return EXIT.internal;
}

process.on('uncaughtException', (error) => {
  // Said when the terminal has been given back, which is done as the process exits.
  process.on('exit', () => internalError(error));
  process.exit(EXIT.internal);
});

/** @returns the exit status; also when the results could not be written, whatever the command made of that */
async function run(): Promise<number> {
  const status = await runCommandLine(program, process.argv.slice(2), io).catch(internalError);
  const { left, failure } = await output.end();
  if (failure !== undefined && status !== EXIT.internal && status !== EXIT.system) io.err(errorText(program, failure));
  return left || failure !== undefined ? EXIT.system : status;
}

// No await at this level: the single executable carries all of rxray as one CommonJS file.
// What ends before its status is known has lost something that it waited for.
process.exitCode = EXIT.internal;
const leave = (status: number): void => {
  process.exitCode = status;
  setTimeout(() => process.exit(), LEAVE_MS).unref();
};
run().then(leave, (error: unknown) => leave(internalError(error)));
