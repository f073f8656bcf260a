import { formatLength, formatMs } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { SECOND } from '../../model/time.js';
import type { Style } from '../drawing/line.js';
import { percentText, placeText, probabilityText } from './figure-text.js';
import type { ViewContext } from './view-context.js';

/** The one sentence for somebody who just looks up: what is wrong, or that nothing is. */
export function headline({ snapshot, capabilities }: ViewContext): { words: string; style: Style } {
  const { condition, finding } = capabilities.glyphs;
  const { rows, standing, nowNs, thresholdNs } = snapshot;
  const failed = [...snapshot.vantages].filter(([, { state }]) => state === 'failed');
  const blind = failed.length === 0 ? '' : ` (${failed.map(([name]) => name).join(', ')} out)`;
  if (standing !== undefined && !['healthy', 'inconclusive'].includes(standing.verdict.cause)) {
    const { verdict } = standing;
    const cause = [verdict.cause, ...verdict.indistinguishable].join(' or ');
    const where = verdict.where === null ? '' : ` at ${placeText(verdict.where)}`;
    return {
      words: `${finding.stall} ${cause}${where}, ${probabilityText(verdict.probability)}${blind}`,
      style: 'alarm',
    };
  }
  const stalls = rows.reduce((sum, row) => sum + row.stalls, 0);
  const silent = rows.filter((row) => row.condition === 'silent');
  if (stalls > 0) {
    const hit = rows.filter((row) => row.stalls > 0);
    const lastNs = Math.max(...hit.map((row) => row.state.held.at(-1)?.release ?? 0));
    const on = rows.length === 1 ? '' : ` on ${hit.length} of ${rows.length} paths`;
    const ago = formatLength(Math.max(1, Math.floor((nowNs - lastNs) / SECOND)) * SECOND);
    return { words: `${finding.stall} ${count(stalls, 'stall')}${on}, the last ${ago} ago${blind}`, style: 'alarm' };
  }
  if (silent.length > 0) {
    const which =
      silent.length === rows.length ? 'no reply at all' : `no reply on ${silent.length} of ${rows.length} paths`;
    return { words: `${condition.silent} ${which}${blind}`, style: 'bad' };
  }
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const sent = rows.reduce((sum, row) => sum + row.sent, 0);
  if (lost > 0)
    return {
      words: `${condition.lossy} ${count(lost, 'probe')} lost, ${percentText(lost / sent)}${blind}`,
      style: 'bad',
    };
  const spikes = rows.reduce((sum, row) => sum + row.spikes, 0);
  if (spikes > 0) {
    return {
      words: `${finding['rtt-spike']} ${count(spikes, 'spike')} above ${formatMs(thresholdNs)}${blind}`,
      style: 'warn',
    };
  }
  if (sent === 0) return { words: `${condition.starting} waiting for the first replies${blind}`, style: 'dim' };
  return {
    words: `${condition.ok} nothing waited longer than ${formatLength(thresholdNs)}${blind}`,
    style: blind === '' ? 'ok' : 'warn',
  };
}
