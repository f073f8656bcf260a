import { CodedError } from '../../model/errors.js';
import type { RunInfo } from '../../recording/recorded-run.js';
import { Recorder } from '../../recording/recorder.js';
import type { Io } from '../terminal/io.js';

/** `--record FILE` and what belongs to it. */
export interface RecordingOptions {
  readonly record?: string;
  /** A new file is begun at this size. */
  readonly rotateBytes?: number;
  /** So many files are kept. */
  readonly keep?: number;
}

/** The recorder that the options ask for; trouble with it is told, and the measurement goes on. */
export async function openRecorder(options: RecordingOptions, run: RunInfo, io: Io): Promise<Recorder | undefined> {
  const { record, rotateBytes, keep } = options;
  if (record === undefined) {
    if (rotateBytes === undefined && keep === undefined) return undefined;
    throw new CodedError('E_USAGE', '--rotate and --keep are about a recording', 'add --record FILE', 2);
  }
  if (keep !== undefined && rotateBytes === undefined) {
    throw new CodedError('E_USAGE', '--keep says how many files to keep', 'add --rotate SIZE, for example 100MB', 2);
  }
  return Recorder.open(record, run, {
    ...(rotateBytes === undefined ? {} : { rotateBytes }),
    ...(keep === undefined ? {} : { keep }),
    onTrouble: (trouble) =>
      io.err(
        `warning ${trouble.code}: ${trouble.message}; the measurement goes on without it\n  → ${trouble.remedy}\n`,
      ),
  });
}
