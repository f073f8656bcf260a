import { formatLength } from '../../format/duration.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

/** Where the script of the page draws; what the drawing leaves out is said here. */
export function plotSection({ document }: PageContext): Markup {
  const { plots, plotsLeftOut } = document;
  if (plots.length === 0) return NOTHING;
  return html`<section id="plots" aria-labelledby="plots-title">
<h2 id="plots-title">Round-trip time over send time</h2>
<p class="note">A stall is a falling diagonal: what waited was answered at one instant, the <span class="key release">release</span>. <span class="key usual">answered</span> <span class="key held">held by a stall</span> <span class="key lost">lost</span></p>
<noscript><p class="warning">The plots are drawn by the script in this page, which your browser did not run. All tables are complete without it.</p></noscript>
<div id="plot-tools" class="tools" role="toolbar" aria-label="zoom" hidden>
<button type="button" data-do="previous" title="p">‹ previous</button><output id="stop" aria-live="polite"></output><button type="button" data-do="next" title="n">next ›</button>
<button type="button" data-do="in" title="+">zoom in</button><button type="button" data-do="out" title="-">zoom out</button><button type="button" data-do="all" title="0">whole run</button>
<button type="button" data-do="scale" title="l" aria-pressed="false">log scale</button>
<output id="window" aria-live="polite"></output>
</div>
<p id="plot-keys" class="note keys" hidden>Drag to zoom, double-click for the whole run. Keys in a plot: <kbd>←</kbd> <kbd>→</kbd> move, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>0</kbd> whole run, <kbd>n</kbd> <kbd>p</kbd> next and previous stall, <kbd>l</kbd> log scale.</p>
<div id="plot-list">${plots.map(
    ({ path }, index) =>
      html`<figure id="plot-${index}" class="plot"><figcaption>${path} <output class="reading"></output></figcaption><div class="canvas" tabindex="0" role="application" aria-roledescription="plot" aria-label="round-trip times of ${path}"></div></figure>\n`,
  )}</div>
${plotsLeftOut.length === 0 ? NOTHING : html`<details><summary>${plotsLeftOut.length} more paths without a plot: those with fewer findings</summary><ul>${plotsLeftOut.map((path) => html`<li>${path}</li>`)}</ul></details>`}
<p class="note">${drawnWords(document)}</p>
</section>`;
}

/** What the reader must know of the picking. */
export function drawnWords({ plots, samples }: PageContext['document']): string {
  const drawn = plots.reduce((sum, { points }) => sum + points.sentNs.length, 0);
  const plotted = plots.reduce((sum, plot) => sum + plot.samples, 0);
  const number = (value: number): string => value.toLocaleString('en');
  if (drawn >= plotted)
    return `All ${number(drawn)} probes of these paths are drawn (${number(samples)} in the recording).`;
  const widest = Math.max(...plots.map(({ bucketNs }) => bucketNs));
  return (
    `${number(drawn)} of ${number(plotted)} probes are drawn, to keep this page small (${number(samples)} in the recording). ` +
    `Each is a real one: the first, the last, the fastest and the slowest of every ${formatLength(widest)}, so that no spike is lost, ` +
    'and around the longest findings every single one.'
  );
}
