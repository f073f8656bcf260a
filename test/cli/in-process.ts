import { runCommandLine } from '../../src/cli/cli.js';
import { fakeIo } from '../commands/fake-io.js';

export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process: for what ends before anything is sent. */
export async function said(...words: readonly string[]): Promise<Said> {
  const { io, out, err } = fakeIo();
  const status = await runCommandLine('rxray', words, io);
  return { status, out: out(), err: err() };
}
