import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';

export const DEFAULT_THRESHOLD_MS = 100;

/** `--threshold 100` is milliseconds, as the field speaks of it; a unit may be written too. */
export function parseThreshold(text: string): number {
  return parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}ms` : text, '--threshold');
}

export function parseCpu(text: string): 'auto' | 'none' | number {
  return text === 'auto' || text === 'none' ? text : whole(Number(text), '--cpu', 0, 4095);
}

/** @throws CodedError E_USAGE unless `value` is a whole number in the range */
export function whole(value: number, option: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CodedError('E_USAGE', `${option}: a whole number from ${least} to ${most}, got ${value}`, 'see --help', 2);
}
