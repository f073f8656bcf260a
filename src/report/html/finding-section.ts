import { formatLength, formatMs } from '../../format/duration.js';
import { FINDING_GLYPHS, holdNs } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import type { Finding } from '../../model/finding.js';
import type { Incident } from '../../model/verdict.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

/** Rows of a table; the longest ones are kept. */
export const MOST_ROWS = 500;

/** What happened on several paths at once. */
export function incidentSection({ document, clock }: PageContext): Markup {
  const { shown, leftOut } = document.incidents;
  if (shown.length === 0) return NOTHING;
  const { rows, more } = longest(shown, leftOut, lengthOf);
  return html`<section id="incidents" aria-labelledby="incidents-title">
<h2 id="incidents-title">Incidents</h2>${leftOutWords(rows.length, more, 'incidents')}
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="incidents-title"><table class="grid">
<thead><tr><th scope="col">release</th><th scope="col" class="number">held at least</th><th scope="col">paths held</th><th scope="col" class="number">passed</th><th scope="col">by this one alone</th><th scope="col"></th></tr></thead>
<tbody>${rows.map(
    (incident) =>
      html`<tr><td class="time">${clock(incident.release)}</td><td class="number">${formatLength(lengthOf(incident))}</td><td><details><summary>${incident.paths.length} of ${incident.paths.length + incident.exposed.length}</summary>${incident.paths.map((path) => html`<div>${path}</div>`)}</details></td><td class="number">${incident.exposed.length}</td><td>${incident.cause}</td><td>${show(incident.startMax, incident.release)}</td></tr>\n`,
  )}</tbody></table></div></section>`;
}

/** Every stall, with how it was measured; other kinds of findings after them in time. */
export function findingSection({ document, clock }: PageContext): Markup {
  const { shown, leftOut } = document.findings;
  const { rows, more } = longest(shown, leftOut, holdNs);
  return html`<section id="stalls" aria-labelledby="stalls-title">
<h2 id="stalls-title">Stalls and other findings</h2>${leftOutWords(rows.length, more, 'findings')}
${
  rows.length === 0
    ? html`<p>None.</p>`
    : html`<div class="scroll tall" tabindex="0" role="region" aria-labelledby="stalls-title"><table class="grid">
<thead><tr><th scope="col">release</th><th scope="col">kind</th><th scope="col">path</th><th scope="col" class="number">held for</th><th scope="col" class="number">±</th><th scope="col" class="number">probes</th><th scope="col" class="number">peak</th><th scope="col" class="number">fit</th><th scope="col">flows held</th><th scope="col"></th></tr></thead>
<tbody>${rows.map(
        (finding) =>
          html`<tr class="${finding.selfInflicted ? 'own' : finding.kind}"><td class="time">${clock(finding.release)}</td><td><span class="glyph" aria-hidden="true">${FINDING_GLYPHS[finding.kind]}</span> ${finding.kind}${finding.selfInflicted ? html`<br><small>self-inflicted: convicts nobody</small>` : NOTHING}</td><td>${finding.path}</td><td class="number">${formatMs(holdNs(finding))}</td><td class="number">${formatLength((finding.startMax - finding.startMin) / 2)}</td><td class="number">${finding.probes}</td><td class="number">${finding.peakRttNs > 0 ? formatMs(finding.peakRttNs) : '-'}</td><td class="number">${fit(finding)}</td><td>${formatFlows(finding.flowsHit)}</td><td>${show(finding.startMax, finding.release)}</td></tr>\n`,
      )}</tbody></table></div>`
}</section>`;
}

function fit(finding: Finding): string {
  return finding.kind === 'stall' || finding.kind === 'slow-drain' ? finding.fit.toFixed(3) : '';
}

function lengthOf(incident: Incident): number {
  // The first held probe waited so long for certain.
  return incident.release - incident.startMax;
}

/** Takes the plots to it. */
function show(startNs: number, releaseNs: number): Markup {
  return html`<button type="button" class="show" data-start="${startNs}" data-release="${releaseNs}" hidden>show</button>`;
}

function longest<T>(
  items: readonly T[],
  leftOut: number,
  lengthOf: (item: T) => number,
): { rows: readonly T[]; more: number } {
  if (items.length <= MOST_ROWS) return { rows: items, more: leftOut };
  const wanted = new Set([...items].sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MOST_ROWS));
  return { rows: items.filter((item) => wanted.has(item)), more: leftOut + items.length - MOST_ROWS };
}

function leftOutWords(shown: number, more: number, what: string): Markup {
  return more === 0
    ? NOTHING
    : html`<p class="note">The longest ${shown} of ${shown + more} ${what}; rxray replay --json has them all.</p>`;
}
