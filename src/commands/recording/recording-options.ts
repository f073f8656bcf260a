import { CodedError } from '../../model/errors.js';
import type { RunInfo } from '../../recording/recorded-run.js';
import { Recorder } from '../../recording/recorder.js';
import { checkOutputs, type UsedFile } from '../terminal/check-output.js';
import type { Io } from '../terminal/io.js';

/** `--record FILE` and what belongs to it. */
export interface RecordingOptions {
  readonly record?: string | undefined;
  /** A new file is begun at this size. */
  readonly rotateBytes?: number | undefined;
  /** So many files are kept. */
  readonly keep?: number | undefined;
}

/**
 * The files of a run that may be recorded: what it reads, and the recording beside its results.
 *
 * @throws CodedError E_OUTPUT where the recording would go over what is read
 */
export function recordingBeside(options: RecordingOptions, inputs: readonly UsedFile[]): UsedFile[] {
  const recording = { path: options.record, what: 'the recording', rotates: options.rotateBytes !== undefined };
  checkOutputs([recording], inputs);
  return [...inputs, recording];
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
    rotateBytes,
    keep,
    onTrouble: (trouble) =>
      io.err(
        `warning ${trouble.code}: ${trouble.message}; the measurement goes on without it\n  → ${trouble.remedy}\n`,
      ),
  });
}
