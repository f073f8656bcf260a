import type { RecordingOptions } from '../commands/recording/recording-options.js';
import { usage } from './command.js';
import { optionalWhole, word } from './shared-options.js';

/** Of every command that measures. */
export const recordingOptions = {
  record: {
    ...word,
    group: 'Record:',
    describe: 'write what the helpers report to this file, for rxray replay; packed where it ends in .gz or .zst',
  },
  rotate: {
    ...word,
    group: 'Record:',
    describe: 'begin a new file at this size: 100MB; files are numbered, run.0001.rxr',
  },
  keep: { ...word, group: 'Record:', describe: 'with --rotate: remove all but so many files' },
} as const;

interface Declared {
  readonly record?: string | undefined;
  readonly rotate?: string | undefined;
  readonly keep?: string | undefined;
}

export function toRecordingOptions(args: Declared): RecordingOptions {
  return {
    record: args.record,
    rotateBytes: args.rotate === undefined ? undefined : parseSize(args.rotate, '--rotate'),
    keep: optionalWhole(args.keep, '--keep', 1, 1_000_000),
  };
}

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const LEAST_BYTES = 10_000;

function parseSize(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(\S*)$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit.replace('KB', 'kB')] ?? Number.NaN));
  if (number !== '' && bytes >= LEAST_BYTES) return bytes;
  throw usage(
    `${option} ${text}: not a size with its unit of at least ${LEAST_BYTES / 1e3}kB`,
    `write ${option} 100MB`,
  );
}
