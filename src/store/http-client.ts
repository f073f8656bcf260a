import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { packageVersion } from '../installation/version.js';
import { CodedError } from '../model/errors.js';
import type { HttpAccess } from './http-config.js';

/** More than the largest fleet answers with. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Of an answer that is an error, so much is read for its words. */
const MOST_ERROR_BYTES = 4096;

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** When the answer began to come, on the clock of this process (ms, monotonic), and how long it was waited for. */
  readonly answeredAtMs: number;
  readonly waitedMs: number;
  /** Of that, the time for which whoever answers had it, as the header `server-timing` tells; 0 where there is none. */
  readonly heldMs: number;
}

export interface HttpCall {
  readonly url: URL;
  readonly access: HttpAccess;
  readonly timeoutMs: number;
  /** Sent as a form by POST, for queries longer than a URL may be; without it a GET. */
  readonly form?: URLSearchParams;
  readonly stop?: AbortSignal;
}

/**
 * One request with a limit in time and bytes. Redirects are not followed: they could lead credentials elsewhere.
 *
 * @throws CodedError E_UNREACHABLE where no whole answer came
 */
export function call({ url, access, timeoutMs, form, stop }: HttpCall): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = stop === undefined ? deadline : AbortSignal.any([deadline, stop]);
  const body = form?.toString();
  const beganMs = performance.now();
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise<HttpAnswer>((resolve, reject) => {
    const fail = (cause: Error): void => reject(unreachable(url, deadline.aborted, timeoutMs, cause));
    const sent = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      signal,
      ...(url.protocol === 'https:' ? access.tls : {}),
      headers: {
        'accept-encoding': 'gzip',
        'user-agent': `rxray/${packageVersion()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...access.headers,
      },
    });
    sent.on('error', fail);
    sent.on('response', (response) => {
      const answeredAtMs = performance.now();
      const status = response.statusCode ?? 0;
      const packed = response.headers['content-encoding'] === 'gzip';
      const stream: Readable = packed ? response.on('error', fail).pipe(createGunzip()) : response;
      const limit = status < 400 ? MOST_BYTES : MOST_ERROR_BYTES;
      const chunks: Buffer[] = [];
      let length = 0;
      stream.on('data', (chunk: Buffer) => {
        if (length < limit) chunks.push(chunk);
        length += chunk.length;
        if (length > limit && status < 400) {
          sent.destroy();
          reject(
            new CodedError(
              'E_TOO_MUCH',
              `${placeOf(url)} answered with more than ${MOST_BYTES >> 20} MiB`,
              'ask for a shorter window',
            ),
          );
        }
      });
      stream.on('error', fail);
      stream.on('end', () => {
        const waitedMs = answeredAtMs - beganMs;
        const heldMs = Math.min(waitedMs, heldBy(response.headers['server-timing']));
        resolve({ status, body: Buffer.concat(chunks), answeredAtMs, waitedMs, heldMs });
      });
    });
    sent.end(body);
  });
}

function heldBy(header: string | string[] | undefined): number {
  return Number(/\bdur=(\d{1,9}(?:\.\d+)?)/.exec(String(header))?.[1] ?? 0);
}

/** A URL as it may be printed. */
export function placeOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function unreachable(url: URL, late: boolean, timeoutMs: number, cause: Error): CodedError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const place = placeOf(url);
  if (late) {
    return new CodedError(
      'E_UNREACHABLE',
      `${place} did not answer within ${timeoutMs / 1000} s`,
      'ask for a shorter window (--window), or allow more time (--timeout)',
    );
  }
  const isTls = /CERT|TLS|SSL|SIGNED|ISSUER/.test(code);
  return new CodedError(
    'E_UNREACHABLE',
    `cannot ask ${place}: ${code === '' ? cause.message : code}`,
    isTls
      ? 'name its authority: tls_config with ca_file in the file of --http-config'
      : 'check address and port; a port-forward, a proxy or a route may be missing',
  );
}

/**
 * What an answer that is no success means.
 *
 * @param what asked for: "a Prometheus", "an agent"
 */
export function refused(url: URL, { status, body }: HttpAnswer, what: string): CodedError {
  const place = placeOf(url);
  const said = wordsOf(body);
  if (status === 401 || status === 403) {
    return new CodedError(
      'E_FORBIDDEN',
      `${place} refused: ${status}`,
      'give credentials with --http-config FILE (basic_auth or authorization)',
    );
  }
  if (status === 404 || (status >= 300 && status < 400)) {
    return new CodedError(
      'E_NOT_THERE',
      `${place} is not ${what}: ${status}`,
      'check the address, with any path before /api/v1',
    );
  }
  if (status === 422 || status === 400) {
    return new CodedError(
      'E_QUERY',
      `${place} refused a query: ${said}`,
      'ask for a shorter window (--window), or raise its limits',
    );
  }
  return new CodedError('E_STORE', `${place} answered ${status}: ${said}`, 'look at its own log');
}

function wordsOf(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error.slice(0, 300);
  } catch {
    // No JSON: as it is.
  }
  return text.replace(/\s+/g, ' ').slice(0, 200);
}
