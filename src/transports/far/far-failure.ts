import { CodedError } from '../../model/errors.js';
import type { SessionEnd } from './far-session.js';

/** A reason for which a program that leads to another machine gives up. */
export interface Reason {
  /** In what it writes to stderr. */
  readonly sign: RegExp;
  readonly what: string;
  readonly remedy: string;
}

const LINES_TOLD = 3;

/**
 * Why there is no way to a place, with the last words of the program that tried.
 *
 * @param reasons the first that fits is taken
 * @param otherwise the remedy when none fits
 */
export function farFailure(
  code: string,
  place: string,
  end: SessionEnd,
  reasons: readonly Reason[],
  otherwise: string,
): CodedError {
  const reason = reasons.find(({ sign }) => sign.test(end.stderr));
  const said = lastWords(end.stderr, reason?.sign) || `ended with status ${end.code ?? end.signal} and no message`;
  const message = reason ? `${reason.what} (${said})` : said;
  return new CodedError(code, `no way to ${place}: ${message}`, reason?.remedy ?? otherwise, 4);
}

/** What comes before the sign is a banner or a greeting. */
function lastWords(stderr: string, sign: RegExp = /./): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^@+$/.test(line));
  const from = lines.findIndex((line) => sign.test(line));
  return lines.slice(Math.max(0, from)).slice(-LINES_TOLD).join('; ');
}
