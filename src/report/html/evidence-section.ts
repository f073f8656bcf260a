import { formatMs } from '../../format/duration.js';
import type { Summary } from '../../model/summary.js';
import type { PathEvidence } from '../../model/verdict.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

/** Path by path: what was held, what was spared, and the round-trip times. */
export function evidenceSection({ document }: PageContext): Markup {
  const evidence = new Map(document.verdict?.evidence.map((entry) => [entry.path, entry]));
  const plotted = new Map(document.plots.map(({ path }, index) => [path, index]));
  const bisected = document.verdict !== null;
  const most = Math.max(1, ...document.summaries.map(({ stalls }) => stalls));
  return html`<section id="evidence" aria-labelledby="evidence-title">
<h2 id="evidence-title">Evidence, path by path</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="evidence-title"><table class="grid">
<thead><tr><th scope="col">path</th><th scope="col" class="number">stalls</th>${
    bisected
      ? html`<th scope="col" class="number">probes held</th><th scope="col" class="number">flows held</th><th scope="col" class="number" title="incidents in which the path had probes under way and none was held">spared</th>`
      : NOTHING
  }<th scope="col" class="number">p50</th><th scope="col" class="number">p99</th><th scope="col" class="number">max</th><th scope="col" class="number">lost</th><th scope="col" class="number">sent</th></tr></thead>
<tbody>${document.summaries.map((summary) => row(summary, evidence.get(summary.path), plotted.get(summary.path), bisected, most))}</tbody>
</table></div>
${
  bisected
    ? html`<details><summary>The same in sentences</summary><ul>${(document.verdict?.evidence ?? []).map(
        ({ words }) => html`<li>${words}</li>`,
      )}</ul></details>`
    : NOTHING
}${terms(document)}
</section>`;
}

function row(
  summary: Summary,
  entry: PathEvidence | undefined,
  plot: number | undefined,
  bisected: boolean,
  most: number,
): Markup {
  const { path, stalls, rttNs, lost, sent } = summary;
  const name = plot === undefined ? html`${path}` : html`<a href="#plot-${plot}">${path}</a>`;
  const level = stalls === 0 ? 'none' : stalls > most / 2 ? 'many' : 'some';
  const cells = bisected
    ? html`<td class="number">${entry?.probes ?? 0}</td><td class="number">${
        entry && entry.flows > 1 ? `${entry.flowsHit} of ${entry.flows}` : ''
      }</td><td class="number">${entry?.exposedNotHit ?? 0}</td>`
    : NOTHING;
  return html`<tr class="${level}"><th scope="row">${name}</th><td class="number stalls">${
    stalls > 0 ? html`<span class="glyph" aria-hidden="true">■</span> ` : NOTHING
  }${stalls}</td>${cells}<td class="number">${rttNs ? formatMs(rttNs.p50) : '-'}</td><td class="number">${
    rttNs ? formatMs(rttNs.p99) : '-'
  }</td><td class="number">${rttNs ? formatMs(rttNs.max) : '-'}</td><td class="number">${lost.toLocaleString('en')}</td><td class="number">${sent.toLocaleString('en')}</td></tr>\n`;
}

function terms({ verdict }: PageContext['document']): Markup {
  if (!verdict || verdict.terms.length === 0) return NOTHING;
  return html`<details><summary>What moved the verdict (${verdict.terms.length} terms)</summary><div class="scroll" tabindex="0" role="region" aria-label="terms"><table class="grid"><thead><tr><th scope="col" class="number">factor</th><th scope="col">for</th><th scope="col">against</th><th scope="col">because</th></tr></thead><tbody>${verdict.terms.map(
    ({ factor, cause, against, words }) =>
      html`<tr><td class="number">× ${factor < 1000 ? factor.toPrecision(2) : 'over 1000'}</td><td>${cause}</td><td>${against}</td><td class="words">${words}</td></tr>\n`,
  )}</tbody></table></div></details>`;
}
