import { fitLine, type Line, lengthOf, type Span, span } from '../drawing/line.js';
import type { ViewContext } from './view-context.js';

/** The first line of a panel, which also parts it from the one above: `─ flows ─ 4 of 16 waited ─────────`. */
export function panelTitle({ capabilities }: ViewContext, title: string, about: readonly Span[], width: number): Line {
  const { rule } = capabilities.glyphs;
  const said = fitting(about, width - title.length - 5);
  const line = [
    span(`${rule} `, 'dim'),
    span(title, 'title'),
    span(` ${rule}`, 'dim'),
    ...(said.length === 0 ? [] : [span(' '), ...said, span(' ')]),
  ];
  return fitLine([...line, span(rule.repeat(Math.max(0, width - lengthOf(line))), 'dim')], width);
}

/** As many as fit whole; the first is worth a part. */
function fitting(about: readonly Span[], room: number): Span[] {
  const said = about.filter(({ text }) => text !== '');
  const fits = said.findLastIndex((_, index) => lengthOf(said.slice(0, index + 1)) <= room);
  return said.slice(0, Math.max(1, fits + 1)).map(({ text, style }) => span([...text].slice(0, room).join(''), style));
}
