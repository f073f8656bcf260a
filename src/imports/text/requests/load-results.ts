import { CodedError } from '../../../model/errors.js';
import type { TimedPhase } from '../../../model/request.js';
import { MS, SECOND, US } from '../../../model/time.js';
import type { TextOptions, TextSeries } from '../text-series.js';
import { csvFields, instantOf, type RecordedRequest, requestSeries, serverOf, wholeSeconds } from './request-series.js';

const VEGETA_JSON = /^\{"attack":.*"latency":\d/;
const VEGETA_CSV = /^\d{18,19},\d{1,3},\d+,\d+,\d+,/;
const K6_JSON = /^\{(?=.*"metric":"[\w-]+")(?=.*"type":"(?:Point|Metric)")/;
const K6_CSV = /^metric_name,timestamp,metric_value(?:,|$)/;
const OHA_CSV = /^request-start,DNS,DNS\+dialup,Response-delay,request-duration,bytes,status/;

export const isVegetaLine = (line: string): boolean => VEGETA_JSON.test(line) || VEGETA_CSV.test(line);
export const isK6Line = (line: string): boolean => K6_JSON.test(line) || K6_CSV.test(line);
export const isOhaLine = (line: string): boolean => OHA_CSV.test(line);

/** Reads what `vegeta encode` writes, as JSON or CSV, and rxray's own `--format vegeta`. */
export function parseVegeta(lines: readonly string[], options: TextOptions): TextSeries[] {
  const requests = lines.flatMap((line): RecordedRequest[] => {
    if (VEGETA_JSON.test(line)) return vegetaJson(line);
    if (!VEGETA_CSV.test(line)) return [];
    const [at = '', code = '', latency = '', , bytes = '', error = '', , , , , url = ''] = csvFields(line);
    return [vegeta(BigInt(at), Number(code), Number(latency), Number(bytes), error, url)];
  });
  return requestSeries(some(requests, 'vegeta encode --to json'), options, {
    dated: true,
    resolutionNs: 1,
    notes: [
      'vegeta counts a request from its actual start, which a busy attacker delays: what it sent late it does not tell',
    ],
  });
}

function vegetaJson(line: string): RecordedRequest[] {
  const value = parsed(line) as Partial<Record<string, unknown>> | undefined;
  const at = instantOf(String(value?.timestamp ?? ''));
  if (value === undefined || at === undefined) return [];
  const { code, latency, bytes_in: bytes, error, url } = value;
  return [vegeta(at, Number(code ?? 0), Number(latency), Number(bytes ?? 0), String(error ?? ''), String(url ?? ''))];
}

function vegeta(
  startNs: bigint,
  code: number,
  latency: number,
  bytes: number,
  error: string,
  url: string,
): RecordedRequest {
  return {
    startNs,
    durationNs: latency,
    target: url === '' ? 'unknown' : serverOf(url),
    status: code,
    bytes,
    // Of statuses from 400 on vegeta makes errors as well.
    ...(code === 0 ? { failure: error === '' ? 'no answer' : error } : {}),
  };
}

/** Points of k6 that make one request, and the phases they stand for. */
const K6_PHASES: Readonly<Record<string, TimedPhase>> = {
  http_req_connecting: 'connect',
  http_req_tls_handshaking: 'tls',
  http_req_waiting: 'first-byte',
  http_req_receiving: 'body',
};
const OF_K6 = new Set(['http_req_duration', ...Object.keys(K6_PHASES)]);

interface K6Point {
  readonly metric: string;
  readonly endNs: bigint;
  readonly resolutionNs: number;
  readonly valueNs: number;
  readonly url: string;
  readonly status: number;
  readonly error: string;
}

/** Reads what `k6 run --out json=FILE` or `--out csv=FILE` writes. k6 stamps a request at its end. */
export function parseK6(lines: readonly string[], options: TextOptions): TextSeries[] {
  const header = lines.find((line) => K6_CSV.test(line));
  const columns = header === undefined ? undefined : new Map(header.split(',').map((name, i) => [name, i]));
  const requests: RecordedRequest[] = [];
  let resolutionNs = 1;
  let phases: Partial<Record<TimedPhase, number>> = {};
  let open: K6Point | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const before = (phases.connect ?? 0) + (phases.tls ?? 0);
    const durationNs = open.valueNs + before;
    requests.push({
      startNs: open.endNs - BigInt(Math.round(durationNs)),
      durationNs,
      endNs: open.endNs,
      target: open.url === '' ? 'unknown' : serverOf(open.url),
      status: open.status,
      phases: withoutZero(phases),
      reused: before === 0,
      ...(open.status === 0 ? { failure: open.error === '' ? 'no answer' : open.error } : {}),
    });
    open = undefined;
    phases = {};
  };
  for (const line of lines) {
    const point = columns === undefined ? k6Json(line) : k6Csv(line, columns);
    if (point === undefined) continue;
    resolutionNs = Math.max(resolutionNs, point.resolutionNs);
    if (point.metric === 'http_req_duration') {
      close();
      open = point;
    } else {
      // Its phases follow the duration of a request, with the same time.
      const phase = K6_PHASES[point.metric];
      if (phase !== undefined && open !== undefined && point.endNs === open.endNs) phases[phase] = point.valueNs;
    }
  }
  close();
  return requestSeries(some(requests, 'k6 run --out json=FILE'), options, {
    dated: true,
    resolutionNs,
    notes: [
      'k6 measures from the actual send; only arrival-rate executors send without waiting for earlier answers',
      ...(resolutionNs >= SECOND ? [wholeSeconds('K6_CSV_TIME_FORMAT=unix_micro, or --out json, has finer ones')] : []),
    ],
  });
}

function k6Json(line: string): K6Point | undefined {
  if (!line.includes('"Point"')) return undefined;
  const value = parsed(line) as
    | { metric?: string; data?: { time?: string; value?: number; tags?: Record<string, string> } }
    | undefined;
  const endNs = instantOf(value?.data?.time ?? '');
  const { metric = '' } = value ?? {};
  if (endNs === undefined || !OF_K6.has(metric)) return undefined;
  const tags = value?.data?.tags ?? {};
  return {
    metric,
    endNs,
    resolutionNs: /[.,]\d/.test(value?.data?.time ?? '') ? 1 : SECOND,
    valueNs: Math.round(Number(value?.data?.value ?? 0) * MS),
    url: tags.url ?? tags.name ?? '',
    status: Number(tags.status ?? 200),
    error: tags.error ?? '',
  };
}

function k6Csv(line: string, columns: ReadonlyMap<string, number>): K6Point | undefined {
  const fields = csvFields(line);
  const [metric = '', at = ''] = fields;
  if (!OF_K6.has(metric)) return undefined;
  const field = (name: string): string => fields[columns.get(name) ?? -1] ?? '';
  const unit = at.includes('-') ? undefined : unitOf(at.length);
  const endNs = unit === undefined ? instantOf(at) : BigInt(at.replace(/\D/g, '') || '0') * BigInt(unit);
  if (endNs === undefined) return undefined;
  return {
    metric,
    endNs,
    resolutionNs: unit ?? (/[.,]\d/.test(at) ? 1 : SECOND),
    valueNs: Math.round(Number(field('metric_value')) * MS),
    url: field('url') || field('name'),
    status: Number(field('status') || 0),
    error: field('error'),
  };
}

/** Of a time since 1970, by its digits. */
function unitOf(digits: number): number {
  return digits <= 10 ? SECOND : digits <= 13 ? MS : digits <= 16 ? US : 1;
}

/** Reads what `oha --output-format csv` writes: times in seconds since the start of the test. */
export function parseOha(lines: readonly string[], options: TextOptions): TextSeries[] {
  const at = lines.findIndex((line) => OHA_CSV.test(line));
  const requests = lines.slice(at + 1).flatMap((line): RecordedRequest[] => {
    const numbers = line.split(',').map(Number);
    if (numbers.length < 7 || numbers.some(Number.isNaN)) return [];
    const [start = 0, dns = 0, dialed = 0, answered = 0, took = 0, bytes = 0, status = 0] = numbers;
    const ns = (seconds: number): number => Math.max(0, Math.round(seconds * SECOND));
    return [
      {
        startNs: BigInt(ns(start)),
        durationNs: ns(took),
        target: 'unknown',
        status,
        bytes,
        reused: dialed === 0,
        phases: withoutZero({
          dns: ns(dns),
          connect: ns(dialed - dns),
          'first-byte': ns(answered - dialed),
          body: ns(took - answered),
        }),
      },
    ];
  });
  return requestSeries(some(requests, 'oha --output-format csv'), options, {
    dated: false,
    resolutionNs: US,
    notes: [
      'oha has a fixed number of workers that wait for their answers: without --latency-correction a pause is met by each of them once',
      'requests that failed are not in its CSV',
    ],
  });
}

function withoutZero(phases: Partial<Record<TimedPhase, number>>): Partial<Record<TimedPhase, number>> {
  return Object.fromEntries(Object.entries(phases).filter(([, ns]) => ns > 0));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function some(requests: readonly RecordedRequest[], how: string): readonly RecordedRequest[] {
  const whole = requests.filter(({ durationNs }) => Number.isFinite(durationNs) && durationNs >= 0);
  if (whole.length > 0) return whole;
  throw new CodedError('E_IMPORT_NO_PROBES', 'not one request in it can be read', `write them with ${how}`, 2);
}
