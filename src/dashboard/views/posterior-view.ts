import { count } from '../../format/finding-words.js';
import { CAUSES } from '../../model/cause.js';
import type { Verdict } from '../../model/verdict.js';
import type { Glyphs } from '../drawing/glyphs.js';
import { fitLine, type Line, shorten, span } from '../drawing/line.js';
import { placeText, probabilityText } from './figure-text.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

const FIGURE = 7;

/** How likely each cause is, as bars, the leading one marked; nothing where nobody infers causes. */
export function posteriorView(context: ViewContext, width: number, height: number): Line[] {
  const { standing } = context.snapshot;
  if (standing === undefined || height < 2) return [];
  const { glyphs } = context.capabilities;
  const { verdict } = standing;
  const causes = causesOf(verdict);
  const names = Math.max(8, ...causes.slice(0, height - 1).map(([cause]) => cause.length));
  const bar = Math.max(4, width - names - FIGURE - 6);
  const about = standing.settled ? 'settled' : standing.waitsFor;
  const where = verdict.where === null ? '' : ` at ${placeText(verdict.where)}`;
  const title = panelTitle(
    context,
    'causes',
    [
      span(`${count(verdict.incidents, 'incident')}${where}`),
      span(`; ${shorten(about, Math.max(0, width - 27 - where.length), glyphs.ellipsis)}`, 'dim'),
    ],
    width,
  );
  const lines = causes.slice(0, height - 1).map(([cause, share], index) => {
    const leads = index === 0;
    const style = !leads ? 'dim' : cause === 'healthy' ? 'ok' : cause === 'inconclusive' ? 'warn' : 'alarm';
    return fitLine(
      [
        span(leads ? ` ${glyphs.selected} ` : '   ', 'strong'),
        span(cause, leads ? style : 'plain'),
        span(' '.repeat(names + 1 - cause.length)),
        span(barText(share, bar, glyphs), leads ? (style === 'alarm' ? 'stall' : style) : 'bar'),
        span(` ${share === 0 ? '<0.001' : probabilityText(share)}`, leads ? 'strong' : 'dim'),
      ],
      width,
    );
  });
  return [title, ...lines];
}

/** Lines that all of it would take. */
export function posteriorRows({ snapshot }: ViewContext): number {
  if (snapshot.standing === undefined) return 0;
  return 1 + causesOf(snapshot.standing.verdict).length;
}

/** All that were considered, the likeliest first; a posterior leaves out what is below a thousandth. */
function causesOf({ posterior, priors }: Verdict): [cause: string, share: number][] {
  const considered = ['healthy', ...CAUSES].filter(
    (cause) => priors[cause] !== undefined && posterior[cause] === undefined,
  );
  const told = Object.entries(posterior).sort((a, b) => b[1] - a[1]);
  return [...told, ...considered.map((cause): [string, number] => [cause, 0])];
}

function barText(share: number, width: number, { barFull, barPart }: Glyphs): string {
  const parts = [...barPart];
  const eighths = Math.round(share * width * parts.length);
  const full = Math.floor(eighths / parts.length);
  const rest = eighths % parts.length;
  return `${barFull.repeat(full)}${rest > 0 ? (parts[rest] ?? '') : ''}`.padEnd(width);
}
