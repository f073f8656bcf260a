import type { Io } from '../commands/terminal/io.js';

/** Hands a command to the shell, which runs it with its world and keeps its exit status. */
export type RunCommand = (command: (io: Io) => Promise<number>) => Promise<void>;
