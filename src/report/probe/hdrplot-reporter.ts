import { isRequest } from '../../model/protocol.js';
import { Outcomes, type SampleColumns } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import { LogHistogram } from '../../stats/log-histogram.js';
import type { Reporter } from './reporter.js';

/** Steps to each halving of what is left above, as HdrHistogram prints its percentiles. */
const TICKS_PER_HALF = 5;
const BITS = 12;

/**
 * The distribution of latencies as HdrHistogram prints it, in milliseconds, which hdr-plot and its on-line plotter
 * draw. Where there are requests, theirs from the due instant; else the round-trip times of packets.
 */
export function createHdrplotReporter(): Reporter {
  const latencies = new LogHistogram(BITS);
  let counted: ReadonlySet<number> = new Set();
  return {
    start: ({ paths }) => {
      const requests = paths.flatMap(({ protocol }, index) => (isRequest(protocol) ? [index] : []));
      counted = new Set(requests.length > 0 ? requests : paths.keys());
      return '';
    },
    samples: (samples) => {
      for (let index = 0; index < samples.length; index += 1) {
        if (counted.has(samples.path[index] ?? 0)) record(latencies, samples, index);
      }
      return '';
    },
    finding: () => '',
    end: () => percentiles(latencies),
  };
}

function record(latencies: LogHistogram, samples: SampleColumns, index: number): void {
  const outcome = samples.outcome[index];
  if (outcome !== Outcomes.reply && outcome !== Outcomes.late) return;
  const lateBy = Math.max(0, (samples.sentNs[index] ?? 0) - (samples.dueNs[index] ?? 0));
  latencies.record((samples.requests === undefined ? 0 : lateBy) + (samples.rttNs[index] ?? 0));
}

function percentiles(latencies: LogHistogram): string {
  const lines = ['       Value     Percentile TotalCount 1/(1-Percentile)', ''];
  const total = latencies.count;
  for (const share of total === 0 ? [] : shares(total)) {
    const value = latencies.quantile(share) / MS;
    const count = Math.max(1, Math.ceil(share * total));
    const inverse = share === 1 ? '' : ` ${(1 / (1 - share)).toFixed(2).padStart(14)}`;
    lines.push(
      `${value.toFixed(3).padStart(12)} ${share.toFixed(12).padStart(14)} ${String(count).padStart(10)}${inverse}`,
    );
  }
  const { mean, stddev, max } = latencies;
  const ms = (ns: number): string => (ns / MS).toFixed(3).padStart(12);
  lines.push(
    `#[Mean    = ${ms(mean)}, StdDeviation   = ${ms(stddev)}]`,
    `#[Max     = ${ms(max)}, Total count    = ${String(total).padStart(12)}]`,
  );
  return `${lines.join('\n')}\n`;
}

/** 0, and on in steps that halve as often as there are values to tell them apart; 1 at the end. */
function shares(total: number): number[] {
  const found: number[] = [];
  for (let half = 1; half < 2 * total && found.length < 500; half *= 2) {
    for (let tick = 0; tick < TICKS_PER_HALF; tick += 1) {
      found.push(1 - 1 / half + tick / (TICKS_PER_HALF * 2 * half));
    }
  }
  return [...found, 1];
}
