import { CodedError } from '../model/errors.js';
import { MS, SECOND, US } from '../model/time.js';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: US,
  µs: US,
  ms: MS,
  s: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3600 * SECOND,
};

/**
 * Reads `10ms`, `0.01s`, `250us`, `2m`, `1h`, and hping's `u10000` (microseconds).
 *
 * A bare number is refused, because ping reads it as seconds, fping as milliseconds and hping as either.
 *
 * @param option the option's name, for the message: `-i`
 * @returns integer nanoseconds, more than 0
 * @throws CodedError E_UNIT
 */
export function parseDuration(text: string, option: string): number {
  const hping = /^u(\d+)$/.exec(text);
  if (hping) return positive(Number(hping[1]) * US, text, option);
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|min|m|h)$/.exec(text);
  if (match) return positive(Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN)), text, option);
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) {
    throw new CodedError(
      'E_UNIT',
      `${option} ${text}: the unit is missing, and tools disagree on it (ping takes seconds, fping milliseconds)`,
      `write ${option} ${text}ms or ${option} ${text}s`,
      2,
    );
  }
  if (Number(text) === 0) return positive(0, text, option);
  throw new CodedError('E_UNIT', `${option} ${text}: not a duration`, `write for example ${option} 10ms`, 2);
}

function positive(ns: number, text: string, option: string): number {
  if (ns > 0 && Number.isSafeInteger(ns)) return ns;
  throw new CodedError('E_UNIT', `${option} ${text}: must be more than 0`, `write for example ${option} 10ms`, 2);
}

/** Milliseconds for people, one decimal from 10 ms on and three below: `127.1 ms`, `0.204 ms`. */
export function formatMs(ns: number): string {
  return `${milliseconds(ns)} ms`;
}

/** As {@link formatMs}, without the unit. */
export function milliseconds(ns: number): string {
  const decimals = Math.abs(ns) >= 10 * MS ? 1 : 3;
  return (ns / MS).toFixed(decimals);
}

/** A length in the unit that suits it: `830 ns`, `45 µs`, `127.1 ms`, `2.4 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatLength(ns: number): string {
  const size = Math.abs(ns);
  if (size < US) return `${Math.round(ns)} ns`;
  if (size < MS) return `${trim(ns / US, size < 10 * US ? 1 : 0)} µs`;
  if (size < SECOND) return `${trim(ns / MS, 1)} ms`;
  if (size < 60 * SECOND) return `${trim(ns / SECOND, 1)} s`;
  const seconds = Math.round(ns / SECOND);
  if (seconds < 3600) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  return joined(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trim(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.0$/, '');
}
