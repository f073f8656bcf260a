import { BINDINGS } from '../choices/actions.js';
import { beside, fitLine, type Line, type Style, span } from '../drawing/line.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

const KEY = 11;
const LEGEND = 29;
const KEYS = 51;

/** Keys, and what the signs mean. Where there is no room for both side by side, the signs go below. */
export function helpView(context: ViewContext, width: number, height: number): Line[] {
  const keys = BINDINGS.filter(({ shown }) => shown !== '').map(({ shown, words }) => [
    span(` ${shown.padEnd(KEY)}`, 'strong'),
    span(words),
  ]);
  const title = panelTitle(context, 'keys', [span('esc: back', 'dim')], width);
  const signs = legend(context);
  if (width >= KEYS + LEGEND) {
    return [
      title,
      ...beside([
        { lines: keys, width: KEYS },
        { lines: signs, width: LEGEND },
      ]),
    ].slice(0, height);
  }
  const room = height - 1 - keys.length;
  return [
    title,
    ...keys.map((line) => fitLine(line, width)),
    ...signs.slice(0, Math.max(0, room)).map((line) => fitLine(line, width)),
  ];
}

function legend({ capabilities }: ViewContext): Line[] {
  const { condition, finding, flowHeld, flowWaits, flowReleased, release, lost } = capabilities.glyphs;
  const sign = (glyph: string, style: Style, words: string): Line => [span(` ${glyph.padEnd(3)}`, style), span(words)];
  return [
    sign(condition.ok, 'ok', 'well'),
    sign(condition.slow, 'warn', 'half of the threshold'),
    sign(condition.stalled, 'stall', 'stalled in the last 5 s'),
    sign(condition.lossy, 'lost', 'losing probes'),
    sign(condition.silent, 'bad', 'no reply'),
    sign(condition.blind, 'dim', 'not measured'),
    sign(finding['slow-drain'], 'stall', 'queue emptied slowly'),
    sign(finding.congestion, 'bad', 'RTT rose and fell'),
    sign(finding['rtt-spike'], 'warn', 'one slow probe'),
    sign(`${flowHeld}${flowWaits}${flowReleased}`, 'stall', 'held, from sending on'),
    sign(release, 'stall', 'release: let go at once'),
    sign(lost, 'lost', 'lost'),
  ];
}
