import { formatLength, formatMs } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import type { Summary } from '../../model/summary.js';

/** Where a run stands, in one line for a terminal of `width` columns. */
export function statusLine(summaries: readonly Summary[], elapsedNs: number, width: number): string {
  const total = (key: 'sent' | 'lost' | 'late' | 'stalls' | 'spikes' | 'selfInflicted'): number =>
    summaries.reduce((sum, summary) => sum + summary[key], 0);
  const only = summaries.length === 1 ? summaries[0]?.rttNs : undefined;
  const max = Math.max(0, ...summaries.map((summary) => summary.rttNs?.max ?? 0));
  const words = [
    formatLength(Math.floor(elapsedNs / 1e9) * 1e9).replace(/^0 ns$/, '0 s'),
    summaries.length > 1 ? count(summaries.length, 'path') : '',
    `${total('sent')} sent`,
    `${total('lost')} lost`,
    total('late') > 0 ? `${total('late')} late` : '',
    only ? `p50 ${formatMs(only.p50)}, p99 ${formatMs(only.p99)}` : '',
    max > 0 ? `max ${formatMs(max)}` : 'no reply yet',
    count(total('stalls'), 'stall'),
    count(total('spikes'), 'spike'),
    total('selfInflicted') > 0 ? `${total('selfInflicted')} self-inflicted` : '',
  ].filter((word) => word !== '');
  const line = words.join(' · ');
  return line.length < width ? line : `${line.slice(0, Math.max(0, width - 2))}…`;
}
