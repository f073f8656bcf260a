import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { SECOND } from '../../model/time.js';
import { type Line, lengthOf, lineOf, type Span, shorten, span, spread } from '../drawing/line.js';
import { clockText, zoneText } from './clock-text.js';
import { headline } from './headline.js';
import type { ViewContext } from './view-context.js';

/** A source that says nothing for so long has stopped, or the way to it is blocked. */
const SILENT_NS = 2 * SECOND;
const BRAND = ' rxray ';

/** The first line: what is wrong, since when it is measured, and whether the picture is live. */
export function headerView(context: ViewContext, width: number): Line {
  const { snapshot, capabilities } = context;
  const { glyphs } = capabilities;
  const right = stateOf(context);
  const elapsedS = Math.floor((snapshot.nowNs - snapshot.sinceNs) / SECOND);
  const about = [
    elapsedS === 0 ? '0 s' : formatLength(elapsedS * SECOND),
    snapshot.rows.length > 1 ? count(snapshot.rows.length, 'path') : '',
  ].filter((words) => words !== '');
  const { words, style } = headline(context);
  const small = ` ${about.join(` ${glyphs.separator} `)}  `;
  const brand = span(BRAND, 'title');
  const room = width - BRAND.length - lengthOf(right) - 2;
  const withAbout = words.length + small.length <= room;
  const said = shorten(words, withAbout ? room - small.length : room, glyphs.ellipsis);
  return spread(lineOf(brand, span(withAbout ? small : ' ', 'dim'), span(said, style)), right, width);
}

function stateOf(context: ViewContext): Span[] {
  const { snapshot, paused, silentNs, capabilities } = context;
  if (snapshot.run === undefined) return [span('starting ', 'warn')];
  const time = `${clockText(context, snapshot.nowNs, 0)} ${zoneText(context)} `;
  if (paused) return [span(`${capabilities.glyphs.paused} held `, 'selected'), span(` ${time}`)];
  if (silentNs > SILENT_NS) return [span(`no data for ${Math.floor(silentNs / SECOND)} s `, 'alarm'), span(` ${time}`)];
  return [span(`${capabilities.glyphs.live} live `, 'ok'), span(time)];
}
