import { formatLength, formatMs, milliseconds } from '../../format/duration.js';
import { requestLines } from '../../format/request-words.js';
import type { Finding } from '../../model/finding.js';
import { TIMED_PHASES, type TimedPhase } from '../../model/request.js';
import type { Summary } from '../../model/summary.js';
import type { PathPlot } from '../document/report-document.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

const WIDTH = 1_000;
const ROW = 60;
const GAP = 14;
/** Points of the strip below; of more every so many-th is left out, the slow ones never. */
const MOST_POINTS = 1_500;
/** Told apart by those who see no colours too: the phase is in the title of each bar and in the table. */
const COLOURS: Readonly<Record<TimedPhase, string>> = {
  dns: '#7a5195',
  connect: '#003f5c',
  tls: '#2f4b7c',
  'first-byte': '#bc5090',
  body: '#ffa600',
};

/** Slow requests by the phase that they waited in, over the packets of the same path, on one time axis. */
export function requestSection(context: PageContext): Markup {
  const { summaries } = context.document;
  const asked = summaries.filter(({ requests }) => requests !== undefined);
  if (asked.length === 0) return NOTHING;
  return html`<section id="requests" aria-labelledby="requests-title">
<h2 id="requests-title">Requests</h2>
${asked.map((summary) => path(context, summary))}
</section>`;
}

function path(context: PageContext, { path: name, requests }: Summary): Markup {
  if (requests === undefined) return NOTHING;
  const { document } = context;
  const slow = document.findings.shown.filter((finding) => finding.path === name && finding.request !== undefined);
  const beside = strip(context, name);
  const protocol = name.endsWith('/dns') ? 'dns' : 'http';
  return html`<h3>${name}</h3>
<pre>${requestLines(requests, protocol).join('\n')}</pre>
${slow.length === 0 ? html`<p>No slow request was found.</p>` : drawing(context, name, slow, beside)}
`;
}

/** The SYN path to the same server, by its address and port. */
function strip({ document }: PageContext, name: string): PathPlot | undefined {
  const all = document.runs.flatMap(({ paths }) => paths);
  const own = all.find((one) => one.path === name);
  const beside = all.find((one) => one.protocol === 'syn' && one.address === own?.address && one.port === own?.port);
  return document.plots.find((plot) => plot.path === beside?.path);
}

function drawing(context: PageContext, name: string, slow: readonly Finding[], beside: PathPlot | undefined): Markup {
  const { fromNs, toNs } = context.document;
  const x = (ns: number): number => Math.round((WIDTH * (ns - fromNs)) / Math.max(1, toNs - fromNs));
  const mostNs = Math.max(...slow.map(({ peakRttNs }) => peakRttNs), 1);
  const height = (ns: number): number => Math.max(2, Math.round((ROW * Math.min(ns, mostNs)) / mostNs));
  const bars = slow.map((finding) => bar(context, finding, x, height));
  const points = beside === undefined ? [] : dots(beside, x, height);
  const words = `slow requests of ${name} above, SYNs to the same port below, from ${context.clock(fromNs)} to ${context.clock(toNs)}; full height ${formatMs(mostNs)}`;
  const used = TIMED_PHASES.filter((phase) => slow.some(({ request }) => request?.phase === phase));
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${2 * ROW + GAP}" width="100%" role="img" aria-label="${words}">
<line x1="0" y1="${ROW}" x2="${WIDTH}" y2="${ROW}" stroke="currentColor" stroke-width="0.5"/>${bars}
<line x1="0" y1="${2 * ROW + GAP}" x2="${WIDTH}" y2="${2 * ROW + GAP}" stroke="currentColor" stroke-width="0.5"/>${points}
</svg><figcaption>${words}. ${used.map((phase) => html`<svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" fill="${COLOURS[phase]}"/></svg> ${phase} `)}</figcaption></figure>`;
}

function bar(
  context: PageContext,
  { startMax, release, peakRttNs, request, selfInflicted }: Finding,
  x: (ns: number) => number,
  height: (ns: number) => number,
): Markup {
  if (request === undefined) return NOTHING;
  const tall = height(peakRttNs);
  const wire =
    request.slowestPacketNs === undefined ? '' : `, slowest packet ${milliseconds(request.slowestPacketNs)} ms`;
  const own = selfInflicted ? ', self-inflicted' : '';
  const title = `${context.clock(release)}: ${formatLength(peakRttNs)}, waited for ${request.phase}; packets ${request.wire}${wire}${own}`;
  return html`<rect x="${x(startMax)}" y="${ROW - tall}" width="${Math.max(3, x(release) - x(startMax))}" height="${tall}" fill="${COLOURS[request.phase]}" opacity="${selfInflicted ? 0.35 : 0.9}"><title>${title}</title></rect>`;
}

function dots({ points }: PathPlot, x: (ns: number) => number, height: (ns: number) => number): Markup[] {
  const every = Math.max(1, Math.ceil(points.sentNs.length / MOST_POINTS));
  const base = 2 * ROW + GAP;
  return Array.from(points.sentNs, (sentNs, index): Markup => {
    const rttNs = points.rttNs[index] ?? -1;
    const isPlain = rttNs >= 0 && height(rttNs) <= 2;
    if (isPlain && index % every !== 0) return NOTHING;
    return rttNs < 0
      ? html`<text x="${x(sentNs)}" y="${base - 2}" font-size="9" fill="#c00">×</text>`
      : html`<circle cx="${x(sentNs)}" cy="${base - height(rttNs)}" r="1.2" fill="currentColor"/>`;
  });
}
