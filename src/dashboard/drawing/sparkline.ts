import type { PathSeconds } from '../state/path-seconds.js';
import type { Glyphs } from './glyphs.js';
import type { Line, Style } from './line.js';
import { span } from './line.js';
import { rttStyle } from './rtt-style.js';

const SECOND = 1_000_000_000;

/**
 * The worst RTT of each of the last seconds, one character a second, the newest on the right; a loss shows as `?`.
 * Heights are logarithmic, so that a stall of 140 ms and a hiccup of 5 ms are both to be seen.
 */
export function sparkline(
  seconds: PathSeconds,
  nowNs: number,
  width: number,
  thresholdNs: number,
  glyphs: Glyphs,
): Line {
  const last = Math.floor(nowNs / SECOND);
  const spans: { text: string; style: Style }[] = [];
  for (let column = 0; column < width; column += 1) {
    const second = seconds.at(last - (width - 1 - column));
    const { text, style } = cell(second, thresholdNs, glyphs);
    const open = spans.at(-1);
    if (open !== undefined && open.style === style) open.text += text;
    else spans.push({ text, style });
  }
  return spans.map(({ text, style }) => span(text, style));
}

function cell(
  second: ReturnType<PathSeconds['at']>,
  thresholdNs: number,
  glyphs: Glyphs,
): { text: string; style: Style } {
  if (second === undefined || second.sent === 0) return { text: ' ', style: 'dim' };
  if (second.lost > 0) return { text: glyphs.lost, style: 'lost' };
  const levels = [...glyphs.levels];
  return {
    text: levels[level(second.worstNs, thresholdNs, levels.length)] ?? ' ',
    style: rttStyle(second.worstNs, thresholdNs),
  };
}

/** The lowest level up to a hundredth of the threshold, the highest from ten times the threshold on. */
function level(rttNs: number, thresholdNs: number, levels: number): number {
  if (rttNs <= 0 || thresholdNs <= 0) return 0;
  const decades = 2 + Math.log10(rttNs / thresholdNs);
  return Math.max(0, Math.min(levels - 1, Math.floor((decades / 3) * (levels - 1))));
}
