import { formatFlows } from '../../format/flow-list.js';
import type { Finding } from '../../model/finding.js';
import { html, type Markup, NOTHING, raw } from './escape.js';
import type { PageContext } from './page-context.js';

/** Columns of the map: the longest stalls where there are more. */
const MOST_COLUMNS = 120;
/** Rows of the map: paths with more than one flow, one row a flow. */
const MOST_ROWS = 512;
const CELL = 9;
/** Room for the numbers of flows. */
const LABEL = 24;

interface Moment {
  startNs: number;
  releaseNs: number;
  readonly findings: Finding[];
}

/** Flow × stall: which flows wait together. What shares a receive queue does. */
export function flowMapSection({ document, clock }: PageContext): Markup {
  const flowsOf = new Map(document.runs.flatMap((run) => run.paths.map(({ path, flows }) => [path, flows] as const)));
  const stalls = document.findings.shown.filter(
    (finding) => finding.kind === 'stall' && !finding.selfInflicted && finding.flowsHit.length > 0,
  );
  const moments = columnsOf(stalls);
  const held = new Map<string, number>();
  for (const { path, flowsHit } of stalls) held.set(path, (held.get(path) ?? 0) + flowsHit.length);
  const paths = [...held.keys()].filter((path) => (flowsOf.get(path) ?? 0) > 1);
  if (moments.length === 0 || paths.length === 0) return NOTHING;
  const blocks: Markup[] = [];
  let rowCount = 0;
  for (const path of paths) {
    const flows = flowsOf.get(path) ?? 0;
    if (rowCount + flows > MOST_ROWS) continue;
    rowCount += flows;
    blocks.push(block(path, flows, moments));
  }
  const pathsLeftOut = paths.length - blocks.length;
  const left =
    moments.length < momentsOf(stalls).length
      ? `The longest ${moments.length} of ${momentsOf(stalls).length} stalls. `
      : '';
  const dropped = pathsLeftOut > 0 ? `${pathsLeftOut} more paths do not fit. ` : '';
  return html`<section id="flows" aria-labelledby="flows-title">
<h2 id="flows-title">Which flows stall together</h2>
<p class="note">One row for each flow, one column for each stall in the order of time. <span class="key held">held</span> <span class="key passed">passed meanwhile</span> <span class="key blank">no probe under way</span>. Flows that wait together share something that waits: mostly one receive queue, else one link or one backend of several. First column ${clock(moments[0]?.releaseNs ?? 0)}, last ${clock(moments.at(-1)?.releaseNs ?? 0)}. ${left}${dropped}</p>
<div class="blocks">${blocks}</div></section>`;
}

/** The flows of one path. */
function block(path: string, flows: number, moments: readonly Moment[]): Markup {
  const hit = new Map<number, Set<number>>();
  const passed = new Map<number, Set<number>>();
  const into = (map: Map<number, Set<number>>, flow: number, column: number): void => {
    const columns = map.get(flow) ?? new Set<number>();
    columns.add(column);
    map.set(flow, columns);
  };
  for (const [column, { findings }] of moments.entries()) {
    for (const finding of findings) {
      if (finding.path !== path) continue;
      for (const flow of finding.flowsHit) into(hit, flow, column);
      for (const flow of finding.flowsExposed) into(passed, flow, column);
    }
  }
  // Flows that wait together stand together.
  const order = Array.from({ length: flows }, (_, flow) => flow).sort(
    (a, b) => (hit.get(b)?.size ?? 0) - (hit.get(a)?.size ?? 0) || a - b,
  );
  const cells = (map: Map<number, Set<number>>, except?: Map<number, Set<number>>): string =>
    order
      .flatMap((flow, row) =>
        [...(map.get(flow) ?? [])]
          .filter((column) => !except?.get(flow)?.has(column))
          .map((column) => `M${LABEL + column * CELL} ${row * CELL}h${CELL - 1}v${CELL - 1}h${1 - CELL}z`),
      )
      .join('');
  const waited = order.filter((flow) => (hit.get(flow)?.size ?? 0) > 0);
  const [width, height] = [LABEL + moments.length * CELL, flows * CELL];
  const told = `${waited.length} of ${flows} flows were held: ${formatFlows(waited)}`;
  return html`<figure><figcaption>${path}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="flows of ${path}"><svg class="flows" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${told}"><title>${told}</title>${order.map(
    (flow, row) => html`<text x="${LABEL - 4}" y="${row * CELL + CELL - 2}" text-anchor="end">${flow}</text>`,
  )}<rect class="blank" x="${LABEL}" width="${moments.length * CELL - 1}" height="${height - 1}"/><path class="passed" d="${raw(cells(passed, hit))}"/><path class="held" d="${raw(cells(hit))}"/></svg></div><p class="note">${waited.length} of ${flows} flows held</p></figure>
`;
}

/** Stalls of several paths that overlap in time are one column. */
function momentsOf(stalls: readonly Finding[]): Moment[] {
  const moments: Moment[] = [];
  for (const finding of [...stalls].sort((a, b) => a.startMax - b.startMax)) {
    const last = moments.at(-1);
    if (last && finding.startMax <= last.releaseNs) {
      last.releaseNs = Math.max(last.releaseNs, finding.release);
      last.findings.push(finding);
    } else {
      moments.push({ startNs: finding.startMax, releaseNs: finding.release, findings: [finding] });
    }
  }
  return moments;
}

function columnsOf(stalls: readonly Finding[]): Moment[] {
  const moments = momentsOf(stalls);
  if (moments.length <= MOST_COLUMNS) return moments;
  const weight = ({ startNs, releaseNs, findings }: Moment): number => (releaseNs - startNs) * findings.length;
  const wanted = new Set([...moments].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_COLUMNS));
  return moments.filter((moment) => wanted.has(moment));
}
