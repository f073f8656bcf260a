import type { CommandModule } from 'yargs';
import type { Io } from '../commands/terminal/io.js';
import { CodedError } from '../model/errors.js';

/** What a command of the command line is made with. */
export interface CommandContext {
  /** Hands a command to the shell, which runs it with its world and keeps its exit status. */
  run(command: (io: Io) => Promise<number>): Promise<void>;
  /** The words behind `--`: a program with its own options. */
  readonly behindDashes: readonly string[];
  /** Nothing but names was typed, no option. */
  readonly isBare: boolean;
}

export type MakeCommand = (context: CommandContext) => CommandModule;

/** Nothing was asked for: the answer is how to ask. */
export class UsageWanted extends Error {}

/** @param remedy default: the help of the command that was called */
export function usage(message: string, remedy?: string): CodedError {
  return new CodedError('E_USAGE', message, remedy ?? SEE_HELP, 2);
}

/** Stands for `see rxray COMMAND --help` until it is known which command it was. */
export const SEE_HELP = 'see the help';
