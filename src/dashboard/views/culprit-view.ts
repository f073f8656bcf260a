import { fitLine, type Line, span } from '../drawing/line.js';
import { clockText } from './clock-text.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

/** What held the CPU last, and how often it was the same one. Nothing while no tracer tells. */
export function culpritView(context: ViewContext, width: number, height: number): Line[] {
  const { culprits } = context.snapshot;
  const last = culprits.at(-1);
  if (last === undefined || height < 2) return [];
  const { glyphs } = context.capabilities;
  const title = panelTitle(
    context,
    'culprit',
    [span(`${culprits.length} found, the last at ${clockText(context, last.releaseNs)}`, 'dim')],
    width,
  );
  return [
    title,
    fitLine([span(` ${glyphs.culprit} ${last.headline}`, 'alarm')], width),
    ...last.details.slice(0, height - 2).map((detail) => fitLine([span(`   ${detail}`, 'dim')], width)),
  ];
}

/** Lines that all of it would take. */
export function culpritRows({ snapshot }: ViewContext): number {
  const last = snapshot.culprits.at(-1);
  return last === undefined ? 0 : 2 + Math.min(8, last.details.length);
}
