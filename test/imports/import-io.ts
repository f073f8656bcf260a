import { importFiles } from '../../src/commands/import/import.js';
import type { ImportOptions } from '../../src/commands/import/import-options.js';
import { CodedError } from '../../src/model/errors.js';
import { MS, SECOND } from '../../src/model/time.js';
import { fakeIo } from '../commands/fake-io.js';

export interface Imported {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** What was printed as NDJSON. */
  records(type: string): Record<string, unknown>[];
}

export const DEFAULTS: ImportOptions = {
  files: [],
  thresholdNs: 100 * MS,
  waitNs: SECOND,
  only: [],
  together: false,
  format: 'ndjson',
  quiet: false,
  failOn: [],
  paths: [],
  explain: false,
};

/** Imports as the command line does. */
export async function imported(options: Partial<ImportOptions>, terminal = false): Promise<Imported> {
  const { io, out, err } = fakeIo({ errIsTerminal: terminal });
  const status = await importFiles({ ...DEFAULTS, ...options }, io);
  const lines = (): Record<string, unknown>[] =>
    out()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  return { status, out: out(), err: err(), records: (type) => lines().filter((record) => record.type === type) };
}

/** The code of the refusal, or undefined where there is none. */
export async function refusal(options: Partial<ImportOptions>): Promise<string | undefined> {
  try {
    await imported(options);
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}
