import { CodedError } from '../model/errors.js';
import { call, placeOf, refused } from './http-client.js';
import type { HttpAccess } from './http-config.js';

export type Labels = Readonly<Record<string, string>>;

/** One series with its value at the instant of the query. */
export interface InstantValue {
  readonly labels: Labels;
  readonly atS: number;
  readonly value: number;
}

/** One series with the samples that it has in a range. */
export interface RangeValues {
  readonly labels: Labels;
  readonly timesS: readonly number[];
  readonly values: readonly number[];
}

export interface PrometheusOptions {
  /** Before `/api/v1`. */
  readonly url: URL;
  readonly access: HttpAccess;
  readonly timeoutMs: number;
  readonly stop?: AbortSignal;
}

/** The part of the HTTP API of Prometheus that is used here; Thanos, Mimir and VictoriaMetrics have it too. */
export class PrometheusApi {
  #queries = 0;
  readonly #warnings = new Set<string>();

  constructor(private readonly options: PrometheusOptions) {}

  get queries(): number {
    return this.#queries;
  }

  /** What the store itself says limits its answers: parts that did not answer, samples left out. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** @param atS instant; default now, by the clock of the store */
  async instant(query: string, atS?: number): Promise<InstantValue[]> {
    const result = await this.#ask('query', { query, ...(atS === undefined ? {} : { time: timeText(atS) }) }, 'vector');
    return result.map(({ metric, value }) => ({ labels: metric, ...pairOf(value) }));
  }

  /** A query for a range of raw samples: `metric{…}[10m]`. */
  async raw(query: string, atS: number): Promise<RangeValues[]> {
    return rangeOf(await this.#ask('query', { query, time: timeText(atS) }, 'matrix'));
  }

  async range(query: string, fromS: number, toS: number, stepS: number): Promise<RangeValues[]> {
    const form = { query, start: timeText(fromS), end: timeText(toS), step: String(stepS) };
    return rangeOf(await this.#ask('query_range', form, 'matrix'));
  }

  async #ask(path: string, form: Record<string, string>, wanted: 'vector' | 'matrix'): Promise<Series[]> {
    this.#queries += 1;
    const { url: base, access, timeoutMs, stop } = this.options;
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1/${path}`, base);
    const seconds = `${Math.ceil(timeoutMs / 1000)}s`;
    const answer = await call({
      url,
      access,
      timeoutMs,
      form: new URLSearchParams({ ...form, timeout: seconds }),
      ...(stop === undefined ? {} : { stop }),
    });
    if (answer.status !== 200) throw refused(url, answer, 'a Prometheus');
    const { data, warnings } = parse(url, answer.body);
    for (const warning of warnings) this.#warnings.add(warning);
    if (data.resultType !== wanted) throw strange(url);
    return data.result;
  }
}

interface Series {
  readonly metric: Labels;
  readonly value?: unknown;
  readonly values?: unknown;
}

interface Answer {
  readonly data: { readonly resultType: string; readonly result: Series[] };
  readonly warnings: readonly string[];
}

/** By hand: answers have tens of megabytes. What is not as it must be is refused. */
function parse(url: URL, body: Buffer): Answer {
  let answer: { status?: unknown; data?: { resultType?: unknown; result?: unknown }; warnings?: unknown };
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    throw strange(url);
  }
  const { resultType, result } = answer?.data ?? {};
  if (answer?.status !== 'success' || typeof resultType !== 'string' || !Array.isArray(result)) throw strange(url);
  if (!result.every((one) => typeof one?.metric === 'object' && one.metric !== null)) throw strange(url);
  const warnings = Array.isArray(answer.warnings) ? answer.warnings.map(String) : [];
  return { data: { resultType, result: result as Series[] }, warnings };
}

function strange(url: URL): CodedError {
  return new CodedError(
    'E_NOT_THERE',
    `${placeOf(url)} does not answer as a Prometheus does`,
    'check the address, with any path before /api/v1',
  );
}

function pairOf(value: unknown): { atS: number; value: number } {
  const [at, text] = Array.isArray(value) ? value : [];
  return { atS: Number(at), value: Number(text) };
}

function rangeOf(result: readonly Series[]): RangeValues[] {
  return result.map(({ metric, values }) => {
    const pairs = Array.isArray(values) ? values.map(pairOf) : [];
    return { labels: metric, timesS: pairs.map(({ atS }) => atS), values: pairs.map(({ value }) => value) };
  });
}

function timeText(seconds: number): string {
  return seconds.toFixed(3);
}
