import { formatLength } from '../../format/duration.js';
import type { RunRecord } from '../../model/records/run.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

/** Paths listed of one vantage. */
const MOST_PATHS = 200;

/** Who measured what, from where, with which means. */
export function runSection({ document, dateTime }: PageContext): Markup {
  const entries: [string, string][] = [
    ['recording', document.file],
    ['command', document.command],
    ['first probe', dateTime(document.fromNs)],
    ['last probe', dateTime(document.toNs)],
    ['threshold', formatLength(document.thresholdNs)],
    ['probes', document.samples.toLocaleString('en')],
    ['report made by', `rxray ${document.version}`],
  ];
  return html`<section id="run" aria-labelledby="run-title">
<h2 id="run-title">The run</h2>
<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${document.runs.map((run) => vantage(run))}</section>`;
}

function vantage(run: RunRecord): Markup {
  const shown = run.paths.slice(0, MOST_PATHS);
  const cpu = run.cpu === null ? 'any CPU' : `CPU ${run.cpu}`;
  return html`<details class="vantage"><summary>${run.vantage ?? run.host.name}: ${run.host.name}, Linux ${run.host.kernel}, ${run.host.machine}</summary>
<p class="note">rxray ${run.version}, engine ${run.engine}, time stamps ${run.timestamps}, ${run.scheduling === 'fifo' ? 'real-time scheduling' : 'ordinary scheduling'}, ${cpu}; ${run.clock}; ${Math.round(run.footprint.packetsPerSecond)} packets/s, about ${Math.round(run.footprint.conntrackEntries)} conntrack entries</p>
<div class="scroll" tabindex="0" role="region" aria-label="paths"><table class="grid"><thead><tr><th scope="col">path</th><th scope="col">address</th><th scope="col">from</th><th scope="col" class="number">every</th><th scope="col" class="number">flows</th><th scope="col" class="number">fresh ports/s</th></tr></thead><tbody>${shown.map(
    (path) =>
      html`<tr><th scope="row">${path.path}</th><td>${path.address}${path.port === undefined ? '' : `:${path.port}`}</td><td>${path.source ?? ''} ${path.interface === undefined ? '' : `(${path.interface})`}</td><td class="number">${formatLength(path.intervalNs)}</td><td class="number">${path.flows}</td><td class="number">${path.freshPerSecond}</td></tr>\n`,
  )}</tbody></table></div>${run.paths.length > shown.length ? html`<p class="note">${run.paths.length - shown.length} more paths.</p>` : NOTHING}
${Object.keys(run.options).length === 0 ? NOTHING : html`<p class="note">Options as resolved:</p><pre>${JSON.stringify(run.options, null, 2)}</pre>`}</details>`;
}
