import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { FINDING_KINDS, type FindingKind } from '../model/finding.js';

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

const SHORT_KINDS: Readonly<Record<string, FindingKind>> = { spike: 'rtt-spike', loss: 'loss-episode' };

/** The kinds of `--fail-on`. */
export function parseKinds(text: string): FindingKind[] {
  return text.split(',').map((word) => {
    const kind = SHORT_KINDS[word] ?? FINDING_KINDS.find((known) => known === word);
    if (kind) return kind;
    throw new CodedError(
      'E_USAGE',
      `--fail-on ${word}: no such finding`,
      `use ${FINDING_KINDS.join(', ')}, spike or loss`,
      2,
    );
  });
}
