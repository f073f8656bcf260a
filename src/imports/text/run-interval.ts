import { SECOND } from '../../model/time.js';
import { askedInterval, type Interval, intervalFromDecay, intervalFromStamps } from './interval.js';
import { acrossMidnight } from './line-time.js';
import type { PrintedLine, PrintedRun } from './printed-run.js';
import type { RunWords } from './run-words.js';
import type { StampedProbes } from './stamped-probes.js';
import type { TextOptions } from './text-series.js';

/** How far apart a run's probes were sent, by the best of what its text has. */
export function runInterval(
  run: PrintedRun,
  lines: readonly PrintedLine[],
  stamped: StampedProbes,
  options: TextOptions,
  words: RunWords,
): Interval {
  if (options.intervalNs !== undefined) return { ns: options.intervalNs, from: 'as given' };
  const fromStamps = intervalFromStamps(stamped.probes);
  if (fromStamps !== null) return { ns: fromStamps, from: 'by the printed times' };
  const asked = askedInterval(run.command, words.intervalOption, words.intervalUnitNs);
  const defaultNs = run.sending.kind === 'periodic' ? run.sending.defaultNs : SECOND;
  const timed = lines.flatMap(({ seq, rttNs }) => (rttNs === null ? [] : [{ seq, rttNs }]));
  if (run.gapNs !== null && (run.own?.timeNs ?? SECOND) < SECOND * lines.length * 0.9) {
    return { ns: Math.max(1, run.gapNs), from: 'by the ipg of the summary' };
  }
  const bound = upperBound(run);
  const expected = asked ?? (bound !== null && bound < 0.95 * defaultNs ? undefined : defaultNs);
  const decay = intervalFromDecay(timed, expected);
  if (decay !== null) return { ns: decay, from: 'by the decay of the stalls' };
  if (asked !== undefined) return { ns: asked, from: 'by its command line' };
  const coarse = coarseInterval(lines);
  const summary = summaryInterval(run, lines);
  const fast = bound !== null && bound < 0.95 * defaultNs;
  // A little more than the default, and no multiple of it, is the default and some waiting.
  const isDefault = summary !== null && summary > defaultNs * 1.03 && summary < defaultNs * 1.97;
  if (summary !== null && !isDefault) return { ns: summary, from: 'by the summary' };
  if (fast) return { ns: bound, from: 'by the summary' };
  if (coarse !== null) return { ns: coarse, from: 'by the printed times, which are whole seconds' };
  return { ns: defaultNs, from: `${words.tool}'s default, as nothing tells; -i says it` };
}

/** No interval is longer: what the summary's time has, less nothing. */
function upperBound({ own }: PrintedRun): number | null {
  if (own?.timeNs == null || own.sent < 2 || own.timeNs === 0) return null;
  return own.timeNs / (own.sent - 1);
}

/** ping waits for answers at the end: only where the last probe was answered is its time that of the sending. */
function summaryInterval({ own, highest, firstSeq }: PrintedRun, lines: readonly PrintedLine[]): number | null {
  const last = lines.at(-1);
  if (own?.timeNs == null || last === undefined || own.sent < 2) return null;
  const sentByLines = highest - (firstSeq ?? Math.min(1, lines[0]?.seq ?? 0)) + 1;
  if (last.rttNs === null || last.seq !== highest || sentByLines !== own.sent) return null;
  return own.timeNs <= 0 ? null : Math.round(own.timeNs / (own.sent - 1));
}

/** By whole seconds, over enough of them. */
function coarseInterval(lines: readonly PrintedLine[]): number | null {
  const timed = lines.filter(({ time }) => time !== null);
  const [first, last] = [timed[0], timed.at(-1)];
  if (first?.time == null || last?.time == null || last.seq - first.seq < 10) return null;
  const times = acrossMidnight(timed.map(({ time }) => time));
  const spanNs = Number((times.at(-1) as bigint) - (times[0] as bigint));
  return spanNs <= 0 ? null : Math.round(spanNs / (last.seq - first.seq));
}
