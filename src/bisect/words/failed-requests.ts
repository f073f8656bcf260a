import type { MeasuredPath } from '../../model/measured-path.js';
import { isRequest } from '../../model/protocol.js';
import type { Summary } from '../../model/summary.js';

/** A smaller share of failures than this comes and goes: what made it is an incident, or chance. */
const LEAST_SHARE = 0.1;
/** From this share on what is asked for does not work, whatever packets do. */
const MOST_SHARE = 0.5;
/** Of HTTP: the server, or a proxy before it, could not do it (RFC 9110, section 15.6). */
const SERVER_ERROR = 500;
/** Of DNS: that there is no such name is an answer. */
const NO_SUCH_NAME = 3;

/** Requests of one path that failed, or that were answered by an error. */
export interface FailedRequests {
  /** In words: which, how many, and with what. */
  readonly what: string;
  /** They are half of all or more. */
  readonly most: boolean;
}

/**
 * Requests that fail at once, and answers that are errors: nobody waits for them, so they make no incident, and a
 * bisection that looks for what holds packets would find a closed port healthy.
 */
export function failedRequests(paths: readonly MeasuredPath[], summaries: readonly Summary[]): FailedRequests[] {
  return paths.flatMap(({ name, protocol }) => {
    const summary = isRequest(protocol) ? summaries.find(({ path }) => path === name) : undefined;
    const { requests, sent = 0 } = summary ?? {};
    if (requests === undefined || sent === 0) return [];
    const isError = (status: number): boolean =>
      protocol === 'dns' ? status > 0 && status !== NO_SUCH_NAME : status >= SERVER_ERROR;
    const failed = [
      ...requests.failures.map(({ failure, phase, requests: times }) => ({ times, how: `${failure} (${phase})` })),
      ...requests.statuses
        .filter(({ status }) => isError(status))
        .map(({ status, requests: times }) => ({ times, how: `answered with code ${status}` })),
    ];
    const share = failed.reduce((sum, { times }) => sum + times, 0) / sent;
    if (share < LEAST_SHARE) return [];
    const how = failed.map(({ times, how }) => `${times} ${how}`).join(', ');
    return [{ what: `${name}: of ${sent} requests ${how}`, most: share >= MOST_SHARE }];
  });
}
