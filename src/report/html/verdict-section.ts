import { coverageBrief } from '../../format/coverage-words.js';
import { doubtWords, LESS_LIKELY } from '../../format/doubt-words.js';
import { formatLength } from '../../format/duration.js';
import { serverCallStack, serverCallWords } from '../../format/server-call-words.js';
import type { ServerCall } from '../../model/server-call.js';
import type { Verdict } from '../../model/verdict.js';
import { capital, headlineOf, longestWaitNs, probabilityText } from '../document/headline.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

const GLYPHS = { fault: '■', open: '?', healthy: '✓' } as const;

/** The answer first, then how sure it is, what it is not, and what to do. */
export function verdictSection(context: PageContext): Markup {
  const { document } = context;
  const { state, title, sentences } = headlineOf(document);
  const { verdict } = document;
  return html`<section id="verdict" class="verdict ${state}" aria-labelledby="verdict-title">
<p class="label"><span class="glyph" aria-hidden="true">${GLYPHS[state]}</span> ${verdict ? 'Verdict' : 'Findings'}</p>
<h1 id="verdict-title">${title}</h1>
${sentences.map((words) => html`<p class="lead">${words}</p>\n`)}${document.warnings.map((words) => html`<p class="warning"><strong>Of the recording:</strong> ${words}</p>\n`)}${tiles(document)}
${satIn(verdict?.satIn ?? [])}${strip(context)}
${verdict ? html`<div class="columns">${posterior(verdict.posterior)}${ruledOut(verdict)}${lessLikely(verdict)}${open(verdict)}</div>` : NOTHING}
</section>`;
}

/** The system calls of a server that is to blame, with where it was. */
function satIn(calls: readonly ServerCall[]): Markup {
  if (calls.length === 0) return NOTHING;
  return html`<div id="sat-in"><h2>System calls that the server sat in</h2><ul>${calls.map(
    (call) => html`<li>${serverCallWords(call)}<br/><code>${serverCallStack(call).join(' ← ')}</code></li>`,
  )}</ul></div>`;
}

/** When it happened: the whole run as a strip. */
function strip({ document, clock }: PageContext): Markup {
  const { incidents, findings, fromNs, toNs } = document;
  const stalls = findings.shown.filter(({ selfInflicted }) => !selfInflicted);
  const marks = incidents.shown.length > 0 ? incidents.shown : stalls;
  if (marks.length === 0 || toNs <= fromNs) return NOTHING;
  const width = 1000;
  const x = (instantNs: number): number => ((instantNs - fromNs) / (toNs - fromNs)) * width;
  const bars = marks.map(({ startMax, release }) => {
    const left = Math.max(0, Math.min(width - 2, x(startMax)));
    return html`<rect x="${left.toFixed(1)}" y="0" width="${Math.max(2, x(release) - left).toFixed(1)}" height="18"/>`;
  });
  return html`<div class="strip"><span>${clock(fromNs)}</span><svg viewBox="0 0 ${width} 18" preserveAspectRatio="none" role="img" aria-label="${marks.length} times between ${clock(fromNs)} and ${clock(toNs)}"><rect class="rail" width="${width}" height="18"/>${bars}</svg><span>${clock(toNs)}</span></div>`;
}

function tiles(document: PageContext['document']): Markup {
  const { verdict, summaries } = document;
  const held = summaries.filter(({ stalls }) => stalls > 0).length;
  const longest = longestWaitNs(document);
  const replied = summaries.reduce((sum, { received }) => sum + received, 0);
  const lost = summaries.reduce((sum, one) => sum + one.lost, 0);
  const entries: [string, string][] = [
    ...(verdict ? ([['incidents', verdict.incidents.toLocaleString('en')]] as [string, string][]) : []),
    ['longest wait in a stall', longest > 0 ? formatLength(longest) : 'none'],
    ['paths with stalls', `${held} of ${summaries.length}`],
    ['probes answered', replied.toLocaleString('en')],
    ['lost', lost.toLocaleString('en')],
    ['measured', formatLength(Math.max(0, document.toNs - document.fromNs))],
    ...(summaries.length === 1
      ? ([['would have been seen', coverageBrief(summaries[0]?.coverage ?? null)]] as [string, string][])
      : []),
  ];
  return html`<dl class="tiles">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Bars as SVG, whose lengths are attributes: the page forbids itself style attributes. */
function posterior(shares: Readonly<Record<string, number>>): Markup {
  const sorted = Object.entries(shares).sort((a, b) => b[1] - a[1]);
  if (sorted.length === 0) return NOTHING;
  return html`<div><h2>Probability by cause</h2><table class="bars"><tbody>${sorted
    .slice(0, 8)
    .map(
      ([cause, share]) =>
        html`<tr><th scope="row">${cause}</th><td class="number">${probabilityText(share)}</td><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="8"/><rect class="fill" width="${(100 * share).toFixed(2)}" height="8"/></svg></td></tr>`,
    )}</tbody></table><p class="note">What is below 0.001 is left out.</p></div>`;
}

function ruledOut({ ruledOut: out }: { readonly ruledOut: readonly { cause: string; because: string }[] }): Markup {
  if (out.length === 0) return NOTHING;
  return html`<div><h2>Ruled out</h2><dl class="because">${out.map(
    ({ cause, because }) => html`<dt>${cause}</dt><dd>${because}</dd>`,
  )}</dl></div>`;
}

function lessLikely({ lessLikely: doubts = [] }: Pick<Verdict, 'lessLikely'>): Markup {
  if (doubts.length === 0) return NOTHING;
  return html`<div><h2>${capital(LESS_LIKELY)}</h2><dl class="because">${doubts.map((doubted) => {
    const words = doubtWords(doubted);
    return html`<dt>${doubted.cause}</dt><dd>${words === '' ? '' : `${words}: `}${doubted.because}</dd>`;
  })}</dl></div>`;
}

function open(verdict: { readonly indistinguishable: readonly string[]; readonly next: readonly string[] }): Markup {
  const told =
    verdict.indistinguishable.length === 0
      ? html`<p>Nothing of equal standing is left.</p>`
      : html`<p>Of equal standing; a further vantage or path would tell:</p><ul>${verdict.indistinguishable.map(
          (cause) => html`<li>${cause}</li>`,
        )}</ul>`;
  const next =
    verdict.next.length === 0
      ? NOTHING
      : html`<h2>Next</h2><ul>${verdict.next.map((words) => html`<li>${words}</li>`)}</ul>`;
  return html`<div><h2>Not told apart</h2>${told}${next}</div>`;
}
