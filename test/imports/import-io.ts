import { importFiles } from '../../src/commands/import/import.js';
import type { ImportOptions } from '../../src/commands/import/import-options.js';
import type { Io } from '../../src/commands/terminal/io.js';
import { CodedError } from '../../src/model/errors.js';
import { MS, SECOND } from '../../src/model/time.js';

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
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => {
      out += text;
      return undefined;
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: terminal,
    columns: 100,
    stop: new AbortController().signal,
    onSnapshot: () => () => {},
    interrupt: () => {},
  };
  const status = await importFiles({ ...DEFAULTS, ...options }, io);
  const lines = (): Record<string, unknown>[] =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  return { status, out, err, records: (type) => lines().filter((record) => record.type === type) };
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
