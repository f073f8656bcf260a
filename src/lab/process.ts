import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../model/errors.js';
import { nativePath } from './command.js';
import type { LabState } from './state.js';

/** A process that the lab started. A pid alone can be reused: the start time tells whose it is. */
export interface LabProcess {
  readonly role: string;
  readonly pid: number;
  /** Clock ticks after boot, from /proc/PID/stat. */
  readonly startTicks: string;
  readonly program: string;
}

const POLL_MS = 10;
/** A stall of at most 0.9 s cannot be interrupted: only then is a process killed. */
const TERM_PATIENCE_MS = 2_500;
/** Behind busy loops one that has been killed does not end before it gets a CPU. */
const KILL_PATIENCE_MS = 20_000;

/** Undefined when there is no such process, or only its unreaped remains. */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isAlive = (process: LabProcess): boolean => startTicks(process.pid) === process.startTicks;

/** Starts one of the lab's own programs detached; what it complains about is kept in `<role>.err`. */
export function startProcess(state: LabState, role: string, program: string, args: readonly string[]): LabProcess {
  const errors = openSync(errorFile(state, role), 'w');
  const child = spawn(nativePath(program), ['--state', state.directory, ...args], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', errors],
  });
  closeSync(errors);
  // A program that cannot be executed has no pid; the event that tells the same must not end our process.
  child.on('error', () => {});
  child.unref();
  const ticks = child.pid === undefined ? undefined : startTicks(child.pid);
  if (child.pid === undefined || ticks === undefined) {
    throw new CodedError(
      'E_LAB_PROCESS',
      `${program} did not start`,
      complaint(state, role) || 'make -C native/lab',
      4,
    );
  }
  const record: LabProcess = { role, pid: child.pid, startTicks: ticks, program };
  writeFileSync(recordFile(state, role), JSON.stringify(record));
  return record;
}

/** Waits for what a process does when it is ready, and fails with its own words when it ends instead. */
export async function awaitReady(
  state: LabState,
  process: LabProcess,
  ready: () => boolean,
  limitMs = 10_000,
): Promise<void> {
  for (let waited = 0; !ready(); waited += POLL_MS) {
    if (!isAlive(process) && !ready()) {
      throw new CodedError(
        'E_LAB_PROCESS',
        `${process.program} ended at once: ${complaint(state, process.role) || 'no message'}`,
        'look for a missing kernel feature in the message; the lab takes down what was up by then',
        4,
      );
    }
    if (waited >= limitMs) {
      throw new CodedError('E_LAB_PROCESS', `${process.program} is not ready after ${limitMs} ms`, 'try again', 4);
    }
    await sleep(POLL_MS);
  }
}

export function recordedProcesses(state: LabState): LabProcess[] {
  try {
    return readdirSync(state.processDirectory)
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) => {
        try {
          return [JSON.parse(readFileSync(join(state.processDirectory, file), 'utf8')) as LabProcess];
        } catch {
          // A record cut off by a crash: its process is found by its command line.
          return [];
        }
      });
  } catch {
    return [];
  }
}

export const recordedProcess = (state: LabState, role: string): LabProcess | undefined =>
  recordedProcesses(state).find((process) => process.role === role);

/** Processes of this lab found by their command line: also those that a crash kept from being recorded. */
export function runningProcesses(state: LabState): LabProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const argv = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
        const program = basename(argv[0] ?? '');
        const ticks = startTicks(Number(entry));
        return program.startsWith('rxray-lab-') && argv[1] === '--state' && argv[2] === state.directory && ticks
          ? [{ role: program, pid: Number(entry), startTicks: ticks, program }]
          : [];
      } catch {
        return [];
      }
    });
}

/** Ends exactly the given processes: politely, then by force. */
export async function endProcesses(processes: readonly LabProcess[]): Promise<void> {
  const signalAndWait = async (signal: NodeJS.Signals, patienceMs: number): Promise<void> => {
    for (const { pid } of processes.filter(isAlive)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended on its own in between.
      }
    }
    for (let waited = 0; processes.some(isAlive) && waited < patienceMs; waited += POLL_MS) {
      await sleep(POLL_MS);
    }
  };
  await signalAndWait('SIGTERM', TERM_PATIENCE_MS);
  await signalAndWait('SIGKILL', KILL_PATIENCE_MS);
  const left = processes.filter(isAlive);
  if (left.length > 0) {
    throw new CodedError(
      'E_LAB_PROCESS',
      `cannot end ${left.map(({ program, pid }) => `${program} (${pid})`).join(', ')}`,
      'end them by hand, then take the lab down again',
      4,
    );
  }
}

export function forgetProcess(state: LabState, role: string): void {
  rmSync(recordFile(state, role), { force: true });
}

const recordFile = (state: LabState, role: string): string => join(state.processDirectory, `${role}.json`);
const errorFile = (state: LabState, role: string): string => join(state.processDirectory, `${role}.err`);

function complaint(state: LabState, role: string): string {
  try {
    return readFileSync(errorFile(state, role), 'utf8').trim().split('\n').slice(-3).join('; ');
  } catch {
    return '';
  }
}
