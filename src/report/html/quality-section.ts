import { coverageBrief } from '../../format/coverage-words.js';
import { formatLength, formatMs } from '../../format/duration.js';
import type { QualityRecord } from '../../model/records/run.js';
import { qualityDoubts } from '../probe/text-reporter.js';
import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

const STAMPS = { hw: 'network card', kernel: 'kernel', user: 'USER SPACE', sim: 'simulation' } as const;

/** How good the measurement was: what a clean or a convicting result is worth. */
export function qualitySection({ document }: PageContext): Markup {
  const { verdict } = document;
  const notes = verdict
    ? [
        ...verdict.quality.excludedPaths.map(({ path, because }) => `${path} was left out: ${because}`),
        ...(verdict.quality.selfInflicted > 0
          ? [`${verdict.quality.selfInflicted} findings were left out because a prober itself paused`]
          : []),
        ...(verdict.quality.clockUncertaintyNs > 0
          ? [`the clocks of the vantages agree within ${formatLength(verdict.quality.clockUncertaintyNs)}`]
          : []),
        ...verdict.quality.notes,
      ]
    : [];
  const doubts = document.qualities.flatMap(({ vantage, quality }) =>
    qualityDoubts(quality).map((words) => (document.qualities.length > 1 ? `${vantage}: ${words}` : words)),
  );
  return html`<section id="quality" aria-labelledby="quality-title">
<h2 id="quality-title">How good the measurement was</h2>
${[...notes, ...doubts].length === 0 ? html`<p>Nothing limits its worth.</p>` : html`<ul>${[...notes, ...doubts].map((words) => html`<li>${words}</li>`)}</ul>`}
<div class="scroll" tabindex="0" role="region" aria-labelledby="quality-title"><table class="grid"><thead><tr><th scope="col">vantage</th><th scope="col">time stamps</th><th scope="col" class="number">own pauses</th><th scope="col" class="number">longest</th><th scope="col" class="number">steal</th><th scope="col" class="number">slots missed</th><th scope="col" class="number">clock steps</th><th scope="col" class="number">kernel drops</th><th scope="col" class="number">records lost</th><th scope="col" class="number">forged, strays</th><th scope="col">end</th></tr></thead>
<tbody>${document.qualities.map(({ vantage, quality }) => row(vantage, quality))}</tbody></table></div>
<details><summary>Send error and what would have been seen, path by path</summary><div class="scroll" tabindex="0" role="region" aria-label="send error"><table class="grid"><thead><tr><th scope="col">path</th><th scope="col" class="number">send error p50</th><th scope="col" class="number">p99</th><th scope="col" class="number">max</th><th scope="col">stalls that would have been seen with 95 %</th></tr></thead><tbody>${document.summaries.map(
    ({ path, sendErrorNs, coverage }) =>
      html`<tr><th scope="row">${path}</th><td class="number">${formatMs(sendErrorNs.p50)}</td><td class="number">${formatMs(sendErrorNs.p99)}</td><td class="number">${formatMs(sendErrorNs.max)}</td><td>${coverageBrief(coverage)}</td></tr>\n`,
  )}</tbody></table></div></details>
${NOTHING}</section>`;
}

function row(vantage: string, quality: QualityRecord): Markup {
  return html`<tr><th scope="row">${vantage}</th><td>${STAMPS[quality.timestamps]}</td><td class="number">${quality.pauses}</td><td class="number">${quality.pauses > 0 ? formatLength(quality.longestPauseNs) : '-'}</td><td class="number">${quality.stealNs > 0 ? formatLength(quality.stealNs) : '-'}</td><td class="number">${quality.missedSlots}</td><td class="number">${quality.clockSteps}</td><td class="number">${quality.kernelDrops}</td><td class="number">${quality.droppedRecords}</td><td class="number">${quality.forged}, ${quality.strays}</td><td>${quality.end}</td></tr>\n`;
}
