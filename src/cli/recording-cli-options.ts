import type { RecordingOptions } from '../commands/recording/recording-options.js';
import { CodedError } from '../model/errors.js';
import { whole } from './shared-options.js';

/** Of every command that measures. */
export const recordingOptions = {
  record: {
    type: 'string',
    requiresArg: true,
    group: 'Record:',
    describe: 'write what the helpers report to this file, for rxray replay; packed where it ends in .gz or .zst',
  },
  rotate: {
    type: 'string',
    requiresArg: true,
    group: 'Record:',
    describe: 'begin a new file at this size: 100MB; files are numbered, run.0001.rxr',
  },
  keep: {
    type: 'number',
    requiresArg: true,
    group: 'Record:',
    describe: 'with --rotate: remove all but so many files',
  },
} as const;

interface Declared {
  readonly record?: string | undefined;
  readonly rotate?: string | undefined;
  readonly keep?: number | undefined;
}

export function toRecordingOptions(args: Declared): RecordingOptions {
  return {
    ...(args.record === undefined ? {} : { record: fileName(args.record) }),
    ...(args.rotate === undefined ? {} : { rotateBytes: parseSize(args.rotate, '--rotate') }),
    ...(args.keep === undefined ? {} : { keep: whole(args.keep, '--keep', 1, 1_000_000) }),
  };
}

function fileName(name: string): string {
  if (name !== '') return name;
  throw new CodedError('E_USAGE', '--record needs a file name', 'write --record FILE', 2);
}

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const LEAST_BYTES = 10_000;

function parseSize(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(\S*)$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit.replace('KB', 'kB')] ?? Number.NaN));
  if (number !== '' && bytes >= LEAST_BYTES) return bytes;
  throw new CodedError(
    'E_USAGE',
    `${option} ${text}: a size with its unit, at least ${LEAST_BYTES / 1e3}kB`,
    `write ${option} 100MB`,
    2,
  );
}
