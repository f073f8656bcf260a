import { html, type Markup, NOTHING } from './escape.js';
import type { PageContext } from './page-context.js';

/** Who held the CPU while packets waited; nothing where no tracer looked on. */
export function culpritSection({ document, clock }: PageContext): Markup {
  const { culprits } = document;
  if (culprits.length === 0) return NOTHING;
  return html`<section id="culprits" aria-labelledby="culprits-title">
<h2 id="culprits-title">Who held the CPU</h2>
<ol class="timeline">${culprits.map(
    ({ fromNs, toNs, machine, headline, held, details, stack }) =>
      html`<li><p><span class="time">${clock(fromNs)}</span> <strong>${headline}</strong> on ${machine}: ${held} <button type="button" class="show" data-start="${fromNs}" data-release="${toNs}" hidden>show</button></p>${details.map((detail) => html`<p class="note">${detail}</p>`)}${stack.length === 0 ? NOTHING : html`<details><summary>stack, innermost first</summary><pre>${stack.join('\n')}</pre></details>`}</li>\n`,
  )}</ol></section>`;
}
