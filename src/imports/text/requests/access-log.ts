import { CodedError } from '../../../model/errors.js';
import { MS, SECOND } from '../../../model/time.js';
import type { TextOptions, TextSeries } from '../text-series.js';
import { instantOf, type RecordedRequest, requestSeries, wholeSeconds } from './request-series.js';

/** `06/Feb/2026:12:14:14 +0100`, of the common log format. */
const CLF_TIME = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? ([+-]\d{4})\]/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const REQUEST = /"([A-Z]{3,7}) \S+ HTTP\/[\d.]+" (\d{3}) /;
/** Envoy's default format: response flags, bytes, duration, upstream's time, and the upstream at the end. */
const ENVOY =
  /^\[(\d{4}-\d\d-\d\dT[\d:.]+Z)\] "(?:[A-Z]+|-) [^"]*" (\d{1,3}) (\S+) (?:.*? )?(\d+) (\d+) (\d+) (\d+|-) "[^"]*" "[^"]*" "[^"]*" "([^"]*)" "([^"]*)"/;
/** Traefik: number of the request, router, server, duration. */
const TRAEFIK = / (\d+) "([^"]*)" "([^"]*)" (\d+)ms$/;
/** nginx has its time where its user put it: named, or as the last number of the line. */
const NAMED_TIME =
  /(?:^|[\s"{,])"?(?:rt|request_time|req_time|reqtime|duration|response_time)"?\s*[=:]\s*"?(\d+\.\d{3})\b/i;
const LAST_TIME = /"\s+(?:"?(?:-|\d+\.\d{3})"?\s+)*"?(\d+\.\d{3})"?(?:\s+"?(?:-|\d+\.\d{3})"?)*\s*$/;
/** That of Kubernetes writes its own format: length and time of the request, upstreams by name, their addresses. */
const INGRESS_NGINX = /" \d+ (\d+\.\d{3}) \[[^\]]*\] \[[^\]]*\] ([^\s,]+(?:, [^\s,]+)*) /;
const MSEC = /(?:^|[\s"{,])"?(?:msec|ts|timestamp|time)"?\s*[=:]\s*"?(\d{10}\.\d{3})\b/i;

interface Logged extends RecordedRequest {
  readonly resolutionNs: number;
}

const readers = [envoy, traefik, jsonLine, nginx] as const;

/** Whether a line is one of an access log that has a time and a duration. */
export function isAccessLogLine(line: string): boolean {
  return readers.some((read) => read(line) !== undefined);
}

/** Reads access logs of nginx, Envoy and Traefik, in their own formats or as JSON, where they have time and duration. */
export function parseAccessLog(lines: readonly string[], options: TextOptions): TextSeries[] {
  const requests: Logged[] = [];
  let unread = 0;
  for (const line of lines) {
    if (line === '') continue;
    const found = readers.map((read) => read(line)).find((one) => one !== undefined);
    if (found === undefined) unread += 1;
    else requests.push(found);
  }
  if (requests.length === 0)
    throw new CodedError(
      'E_IMPORT_NO_PROBES',
      'no line has both a time and a duration',
      'add $msec and $request_time to log_format',
      2,
    );
  const resolutionNs = Math.max(...requests.slice(0, 1_000).map((request) => request.resolutionNs));
  return requestSeries(requests, options, {
    dated: true,
    resolutionNs,
    notes: [
      'a proxy counts from the first byte of the request to the last of the answer: slow clients are in it, queues before the proxy are not',
      ...(resolutionNs >= SECOND ? [wholeSeconds('log $msec, or milliseconds')] : []),
      ...(unread === 0
        ? []
        : [`${unread} ${unread === 1 ? 'line has' : 'lines have'} no time and duration, and were left out`]),
    ],
  });
}

function envoy(line: string): Logged | undefined {
  const [, at = '', status = '', flags = '', , sent = '', duration = '', , , upstream = ''] = ENVOY.exec(line) ?? [];
  const startNs = instantOf(at);
  if (startNs === undefined) return undefined;
  return logged(startNs, Number(duration) * MS, Number(status), upstream === '-' ? 'unknown' : upstream, MS, {
    bytes: Number(sent),
    // 0 stands where nothing could be answered; the flags say why (UF, URX, NR …).
    ...(status === '0' ? { failure: flags === '-' ? 'no answer' : flags } : {}),
  });
}

function traefik(line: string): Logged | undefined {
  const found = TRAEFIK.exec(line);
  const at = clfTime(line);
  const request = REQUEST.exec(line);
  if (found === null || at === undefined || request === null) return undefined;
  // Traefik writes when a request began.
  return logged(at.ns, Number(found[4]) * MS, Number(request[2]), serverName(found[3] ?? ''), at.resolutionNs);
}

function nginx(line: string): Logged | undefined {
  const request = REQUEST.exec(line);
  if (request === null) return undefined;
  const behind = line.slice(request.index);
  const ingress = INGRESS_NGINX.exec(behind);
  const took = ingress?.[1] ?? NAMED_TIME.exec(behind)?.[1] ?? LAST_TIME.exec(behind)?.[1];
  if (took === undefined) return undefined;
  const msec = MSEC.exec(line)?.[1] ?? /(?:^|\s)"?(\d{10}\.\d{3})"?(?=\s|$)/.exec(line)?.[1];
  const at = msec === undefined ? clfTime(line) : { ns: secondsToNs(msec), resolutionNs: MS };
  if (at === undefined) return undefined;
  // Of several upstreams it is the last that answered.
  const upstream = ingress?.[2]?.split(', ').at(-1);
  const target = upstream === undefined ? 'server' : upstream === '-' ? 'unknown' : upstream;
  return loggedAtEnd(at, Number(took), Number(request[2]), target);
}

/** A line of JSON: Traefik's own, and what people name in nginx and Envoy. */
function jsonLine(line: string): Logged | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const status = Number(value.DownstreamStatus ?? value.response_code ?? value.status ?? Number.NaN);
  if (!Number.isFinite(status)) return undefined;
  const target =
    String(value.ServiceAddr ?? value.upstream_host ?? value.upstream_addr ?? value.host ?? 'server') || 'server';
  if (typeof value.Duration === 'number' && typeof value.StartUTC === 'string') {
    const startNs = instantOf(value.StartUTC);
    return startNs === undefined ? undefined : logged(startNs, value.Duration, status, target, 1);
  }
  if (typeof value.start_time === 'string' && value.duration !== undefined) {
    const startNs = instantOf(value.start_time);
    return startNs === undefined ? undefined : logged(startNs, Number(value.duration) * MS, status, target, MS);
  }
  const took = Number(value.request_time ?? value.rt ?? Number.NaN);
  const end = jsonTime(value);
  return end === undefined ? undefined : loggedAtEnd(end, took, status, target);
}

/** When it was written, by whichever of the names that people give to the time. */
function jsonTime(value: Readonly<Record<string, unknown>>): WrittenTime | undefined {
  if (value.msec !== undefined) {
    const seconds = String(value.msec);
    return /^\d{1,11}(\.\d+)?$/.test(seconds) ? { ns: secondsToNs(seconds), resolutionNs: MS } : undefined;
  }
  const text = String(value.time_iso8601 ?? value['@timestamp'] ?? value.time ?? value.timestamp ?? '');
  const ns = instantOf(text);
  if (ns !== undefined) return { ns, resolutionNs: /:\d\d[.,]\d{3}/.test(text) ? MS : SECOND };
  return clfTime(`[${String(value.time_local ?? text)}]`);
}

interface WrittenTime {
  readonly ns: bigint;
  readonly resolutionNs: number;
}

/** nginx writes a line when a request is over. */
function loggedAtEnd(end: WrittenTime, tookSeconds: number, status: number, target: string): Logged | undefined {
  if (!Number.isFinite(tookSeconds)) return undefined;
  const durationNs = Math.round(tookSeconds * SECOND);
  return logged(end.ns - BigInt(durationNs), durationNs, status, target, end.resolutionNs, { endNs: end.ns });
}

function logged(
  startNs: bigint,
  durationNs: number,
  status: number,
  target: string,
  resolutionNs: number,
  more: Partial<RecordedRequest> = {},
): Logged | undefined {
  if (!Number.isFinite(durationNs) || durationNs < 0) return undefined;
  return { startNs, durationNs: Math.round(durationNs), status, target, resolutionNs, ...more };
}

function serverName(url: string): string {
  if (url === '' || url === '-') return 'unknown';
  return URL.canParse(url) ? new URL(url).host : url;
}

function secondsToNs(text: string): bigint {
  const [seconds = '0', digits = ''] = text.split('.');
  return BigInt(seconds) * BigInt(SECOND) + BigInt(digits.slice(0, 9).padEnd(9, '0'));
}

function clfTime(line: string): WrittenTime | undefined {
  const [, day = '', month = '', year = '', clock = '', digits = '', zone = ''] = CLF_TIME.exec(line) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) return undefined;
  const ns = instantOf(
    `${year}-${String(number).padStart(2, '0')}-${day}T${clock}${digits === '' ? '' : `.${digits}`}${zone}`,
  );
  return ns === undefined ? undefined : { ns, resolutionNs: SECOND / 10 ** digits.length };
}
