import { formatClockTime } from '../../format/clock-time.js';
import type { Culprit, ObservedWait } from '../../model/culprit.js';
import type { KernelSampleRecord, TraceQuality, TraceRun } from '../../model/records/trace.js';
import { syscallName } from '../../model/syscall-names.js';
import { culpritText, sampleLine } from '../bisect/culprit-text.js';
import { traceEndText } from './trace-end-text.js';

/** What `trace stall` writes, as text to be put out. */
export interface StallReporter {
  begin(run: TraceRun): string;
  culprit(culprit: Culprit, observed?: ObservedWait): string;
  end(quality: TraceQuality): string;
}

/** @param samples whether every sample of the flight recorder is written too */
export function createStallReporter(json: boolean, samples: boolean): StallReporter {
  return json ? new StallNdjson(samples) : new StallText(samples);
}

class StallNdjson implements StallReporter {
  constructor(private readonly samples: boolean) {}

  begin(run: TraceRun): string {
    return line(run);
  }

  culprit(culprit: Culprit, observed?: ObservedWait): string {
    const samples = this.samples && observed !== undefined ? sampleRecords(observed).map(line).join('') : '';
    return line(culprit) + samples;
  }

  end(quality: TraceQuality): string {
    return line(quality);
  }
}

class StallText implements StallReporter {
  #epochNs = 0n;

  constructor(private readonly samples: boolean) {}

  begin(run: TraceRun): string {
    this.#epochNs = BigInt(run.epochNs);
    const missing = run.hooks.filter(({ got }) => !got).map(({ tracepoint }) => tracepoint);
    const without = missing.length === 0 ? '' : `; without ${missing.join(', ')}, which this kernel lacks`;
    return `tracing ${run.host.name}, kernel ${run.host.kernel}, by ${run.hooks[0]?.flavour ?? 'no'} programs${without}\n`;
  }

  culprit(culprit: Culprit, observed?: ObservedWait): string {
    const text = culpritText(culprit, (ns) => formatClockTime(this.#epochNs + BigInt(ns)));
    if (!this.samples || observed === undefined) return text;
    const { wait } = observed;
    const lines = observed.samples.map((sample) => sampleLine(sample, wait.toNs, wait.holder.architecture));
    return `${text}${lines.map((row) => `  ${row}\n`).join('')}`;
  }

  end(quality: TraceQuality): string {
    return traceEndText(quality);
  }
}

function line(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

function sampleRecords({ wait, samples }: ObservedWait): KernelSampleRecord[] {
  return samples.map(({ timeNs, thread, threadName, syscall, isWithin, stack }) => ({
    type: 'kernel-sample',
    time: timeNs,
    cpu: wait.cpu,
    thread,
    threadName,
    syscall: syscall < 0 ? null : syscallName(syscall, wait.holder.architecture),
    waiting: isWithin,
    stack: [...stack],
  }));
}
