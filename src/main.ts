#!/usr/bin/env node
import { basename } from 'node:path';
import { runCommandLine } from './cli/cli.js';
import type { Io } from './commands/terminal/io.js';

/** Commands that are installed under their own names beside `rxray`. */
const OWN_NAMES = new Set(['probe', 'bisect']);

const SECOND_INTERRUPT = 130;

const stop = new AbortController();
let outputClosed = false;
let interrupts = 0;

function interrupt(): void {
  interrupts += 1;
  if (interrupts > 1) process.exit(SECOND_INTERRUPT);
  stop.abort();
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', () => stop.abort());
process.on('SIGHUP', () => stop.abort());
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the results has left: end the run, and say nothing.
  if (error.code !== 'EPIPE') throw error;
  outputClosed = true;
  stop.abort();
});
process.stderr.on('error', () => {});

/** Pending while standard output takes no more. */
let room: Promise<void> | undefined;
let makeRoom: () => void = () => {};
for (const event of ['drain', 'error', 'close']) {
  process.stdout.on(event, () => {
    room = undefined;
    makeRoom();
  });
}

const io: Io = {
  out: (text) => {
    if (outputClosed || process.stdout.write(text)) return undefined;
    room ??= new Promise<void>((resolve) => {
      makeRoom = resolve;
    });
    return room;
  },
  err: (text) => {
    process.stderr.write(text);
  },
  outIsTerminal: process.stdout.isTTY ?? false,
  errIsTerminal: process.stderr.isTTY ?? false,
  columns: process.stderr.columns ?? process.stdout.columns ?? 100,
  interrupt,
  stop: stop.signal,
  onSnapshot: (callback) => {
    process.on('SIGQUIT', callback);
    return () => process.off('SIGQUIT', callback);
  },
};

const called = basename(process.argv[1] ?? 'rxray').replace(/\.js$/, '');
const program = OWN_NAMES.has(called) ? called : 'rxray';

process.exitCode = await runCommandLine(program, process.argv.slice(2), io);
