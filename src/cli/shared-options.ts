import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import type { Judging } from '../model/judging.js';
import { MS } from '../model/time.js';
import { usage } from './command.js';

export const DEFAULT_THRESHOLD_MS = 100;

/** One word behind it. Numbers are words too: what was typed is to stand in the message that refuses it. */
export const word = { type: 'string', requiresArg: true } as const;
/** Given again for each further word, or words with commas between. */
export const words = { type: 'string', array: true, nargs: 1, requiresArg: true } as const;
export const flag = { type: 'boolean', default: false } as const;

export const output = { ...word, alias: 'o', describe: 'write results to this file; - is standard output' } as const;
export const quiet = { ...flag, alias: 'q', describe: 'only the summary' } as const;
export const json = { ...flag, describe: 'NDJSON: one record a line' } as const;
export const live = { ...flag, describe: 'draw the run on the terminal; see rxray dash' } as const;
export const ascii = { ...flag, describe: 'with --live: plain characters only' } as const;
export const threshold = {
  ...word,
  default: String(DEFAULT_THRESHOLD_MS),
  describe: 'what counts as slow, in ms',
} as const;
export const recordedThreshold = {
  ...word,
  describe: 'what counts as slow, in ms',
  defaultDescription: 'as recorded',
} as const;
/** What a command that judges samples is told beside the threshold. */
export const judging = {
  'stall-threshold': {
    ...word,
    describe: 'how far above the usual RTT the slowest probe of a stall must lie, in ms',
    defaultDescription: 'by the noise of each path, two intervals at least',
  },
  queues: {
    ...word,
    describe: 'receive queues of the target, for what a clean result is worth',
    defaultDescription: '8',
  },
} as const;
export const failOn = {
  ...word,
  describe: 'exit 1 if found: stall, slow-drain, congestion, rtt-spike, loss-episode …; spike and loss for short',
} as const;
export const hosts = { ...word, describe: 'file of vantages, targets and paths' } as const;
export const duration = { ...word, alias: 'd', describe: 'how long: 30s, 5m' } as const;
export const port = { ...word, alias: 'p', describe: 'port of the targets; a closed one is fine' } as const;
export const ipv4 = { type: 'boolean', alias: '4', describe: 'IPv4 only' } as const;
export const ipv6 = { type: 'boolean', alias: '6', describe: 'IPv6 only' } as const;
export const only = { ...words, describe: "paths to measure, * for anything: 'shell>*'" } as const;
export const except = { ...words, describe: 'paths to leave out' } as const;
export const explain = { ...flag, describe: 'every term that moved the verdict by more than a factor of 2' } as const;
export const cpu = { ...word, default: 'auto', describe: 'CPU of the prober: a number, auto or none' } as const;

/** Words of an option that may be given again, or with commas between them. */
export function listed(given: readonly string[] | undefined): string[] {
  return (given ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '');
}

/** `--threshold 100` is milliseconds, as the field speaks of it; a unit may be written too. */
export function parseThreshold(text: string, option = '--threshold'): number {
  return parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}ms` : text, option);
}

/** Those of {@link judging}, checked. */
export function parseJudging(args: {
  readonly 'stall-threshold'?: string | undefined;
  readonly queues?: string | undefined;
}): Judging {
  const stall = args['stall-threshold'];
  return {
    stallThresholdNs: stall === undefined ? undefined : parseThreshold(stall, '--stall-threshold'),
    queues: optionalWhole(args.queues, '--queues', 1, 1024),
  };
}

/** @throws CodedError E_UNIT; undefined where nothing was given */
export function optionalDuration(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseDuration(text, option);
}

export function parseCpu(text: string): 'auto' | 'none' | number {
  return text === 'auto' || text === 'none' ? text : whole(text, '--cpu', 0, 4095);
}

/** @throws CodedError E_USAGE unless `text` is a whole number in the range */
export function whole(text: string, option: string, least: number, most: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${option} ${text}: not a whole number from ${least} to ${most}`);
}

export function optionalWhole(text: string | undefined, option: string, least: number, most: number) {
  return text === undefined ? undefined : whole(text, option, least, most);
}

/**
 * `-p 443`.
 *
 * @throws CodedError E_PORT; ranges and lists are explained
 */
export function parsePort(text: string | undefined, option = '-p'): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 1 && number <= 65_535) return number;
  const [, first, second] = /^(\d+)\s*[-,:]\s*(\d+)/.exec(text) ?? [];
  if (first !== undefined) {
    throw new CodedError(
      'E_PORT',
      `${option} ${text}: one port a path, as a stall is seen on many probes of one port, not on one of many`,
      `name each as a target: HOST:${first} HOST:${second}`,
      2,
    );
  }
  throw new CodedError('E_PORT', `${option} ${text}: a port is a number from 1 to 65535`, `write ${option} 443`, 2);
}

export function family(args: { readonly ipv4?: boolean | undefined; readonly ipv6?: boolean | undefined }) {
  return args.ipv4 ? 'ipv4' : args.ipv6 ? 'ipv6' : 'any';
}

export const milliseconds = (ns: number): string => `${ns / MS}ms`;
