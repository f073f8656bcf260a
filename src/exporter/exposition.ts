import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { EdgeKind } from '../model/fleet/member.js';
import {
  type LabelsOf,
  METRICS,
  type Metric,
  type MetricName,
  metricName,
  RTT_BUCKETS,
} from '../model/fleet/metrics-table.js';

/** One series at the moment of a scrape. */
export interface Series {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A series whose labels are those of its metric. */
export function series<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, value: number): Series {
  return { name, labels, value };
}

/**
 * The text of `/metrics`: the one place that knows the Prometheus client. Counters and gauges are made anew from what
 * each scrape is given, so that a series of which nothing is said any more is gone; histograms gather in between.
 */
export class Exposition {
  readonly #registry = new Registry();
  readonly #rtt: Histogram<'kind'>;
  readonly #metrics = new Map<MetricName, Counter<string> | Gauge<string>>();

  constructor() {
    for (const [name, { type, labels, help }] of Object.entries(METRICS) as [MetricName, Metric][]) {
      const about = { name: metricName(name), help, labelNames: [...labels], registers: [this.#registry] };
      if (type === 'counter') this.#metrics.set(name, new Counter(about));
      if (type === 'gauge') this.#metrics.set(name, new Gauge(about));
    }
    this.#rtt = new Histogram({
      name: metricName('rtt_seconds'),
      help: METRICS.rtt_seconds.help,
      labelNames: ['kind'],
      buckets: [...RTT_BUCKETS],
      registers: [this.#registry],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  observeRtt(kind: EdgeKind, seconds: number): void {
    this.#rtt.observe({ kind }, seconds);
  }

  /** @param current all counters and gauges; `agent_series` is added */
  async text(current: Iterable<Series>): Promise<string> {
    for (const metric of this.#metrics.values()) metric.reset();
    const said = new Set<MetricName>();
    for (const { name, labels, value } of current) {
      const metric = this.#metrics.get(name);
      if (metric === undefined || !Number.isFinite(value)) continue;
      said.add(name);
      if (metric instanceof Counter) metric.inc(labels, value);
      else metric.set(labels, value);
    }
    // A metric without labels that nothing was said of would read as 0.
    const unsaid = [...this.#metrics.keys()].filter((name) => !said.has(name) && name !== 'agent_series');
    (this.#metrics.get('agent_series') as Gauge<string>).set(1);
    const without = withoutMetrics(await this.#registry.metrics(), unsaid.map(metricName));
    const count = without.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    return without.replace(/^(rxray_agent_series) 1$/m, `$1 ${count}`);
  }
}

/** The text without the lines of these metrics. */
function withoutMetrics(text: string, names: readonly string[]): string {
  const gone = new Set(names);
  return text
    .split('\n')
    .filter((line) => !gone.has(/^(?:# (?:HELP|TYPE) )?([a-zA-Z_:][\w:]*)/.exec(line)?.[1] ?? ''))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
}
