import type { LinkVerdict, NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import type { Glyphs } from '../drawing/glyphs.js';
import { fitLine, type Line, lineOf, type Size, type Span, type Style, shortenMiddle, span } from '../drawing/line.js';

/** What the map of a fleet is drawn from. */
export interface FleetMap {
  /** The verdict in one line, and from when it is. */
  readonly headline: string;
  readonly clock: string;
  readonly isHealthy: boolean;
  readonly nodes: readonly NodeVerdict[];
  readonly links: readonly LinkVerdict[];
  /** Every node, and each edge that is probed with the stalls seen on it. */
  readonly members: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly stalls: number }[];
}

const NAME = 20;
const COUNT = 6;
/** Stalls from which on an edge is drawn as the worst. */
const MANY = 5;
const HEAD_ROWS = 3;
const FOOT_ROWS = 1;

/**
 * Nodes by nodes, the worst first: a row says how a node sees others, a column how it is seen. A bad node is a row and a
 * column, a bad sender a row alone, a bad link a block.
 */
export function fleetView(map: FleetMap, glyphs: Glyphs, { columns, rows }: Size): Line[] {
  const stalls = new Map(map.edges.map(({ from, to, stalls: count }) => [`${from}\0${to}`, count]));
  const order = worstFirst(map);
  const told = map.nodes.filter(({ state }) => state === 'bad' || state === 'suspect').slice(0, Math.max(2, rows >> 2));
  const room = Math.max(1, rows - HEAD_ROWS - FOOT_ROWS - told.length - 1);
  const across = order.slice(0, Math.max(1, columns - NAME - COUNT - 3));
  const lines: Line[] = [
    lineOf(span('rxray fleet  ', 'title'), span(map.clock, 'dim')),
    lineOf(span(map.headline, map.isHealthy ? 'ok' : 'alarm')),
    ...told.map((node) => verdictLine(node)),
    lineOf(span(`${'from'.padEnd(NAME)} ${'stalls'.padStart(COUNT)}  to the same nodes, in this order`, 'dim')),
    ...order.slice(0, room).map((from) => row(map, from, across, { stalls, glyphs })),
  ];
  const hidden = order.length - Math.min(order.length, room);
  const foot = `${hidden > 0 ? `${hidden} nodes more; ` : ''}${glyphs.condition.stalled} ${MANY} stalls and more  ${glyphs.condition.slow} some  ${glyphs.separator} none   q quits`;
  const filled = Array.from({ length: rows - FOOT_ROWS }, (_, i) => fitLine(lines[i] ?? [], columns));
  return [...filled, fitLine(lineOf(span(foot, 'dim')), columns)];
}

/** Those at fault, then those with most stalls to and from them, then by name. */
export function worstFirst({ nodes, members, edges }: FleetMap): string[] {
  const counts = new Map<string, number>(members.map((node) => [node, 0]));
  for (const { from, to, stalls } of edges) {
    for (const node of [from, to]) counts.set(node, (counts.get(node) ?? 0) + stalls);
  }
  const place = new Map(nodes.map(({ node, state }) => [node, state === 'bad' ? 0 : state === 'suspect' ? 1 : 2]));
  return [...counts.keys()].sort(
    (a, b) =>
      (place.get(a) ?? 2) - (place.get(b) ?? 2) ||
      (counts.get(b) ?? 0) - (counts.get(a) ?? 0) ||
      a.localeCompare(b, 'en', { numeric: true }),
  );
}

function verdictLine({ node, state, cause, indistinguishable = [], probability }: NodeVerdict): Line {
  const causes = [cause, ...indistinguishable].filter((one) => one !== undefined).join(' or ');
  const sure = probability === undefined ? '' : `, ${probability > 0.999 ? '> 0.999' : probability.toFixed(3)}`;
  return lineOf(span(`  ${state.toUpperCase().padEnd(8)}${node}: ${causes}${sure}`, state === 'bad' ? 'bad' : 'warn'));
}

function row(
  map: FleetMap,
  from: string,
  across: readonly string[],
  { stalls, glyphs }: { readonly stalls: ReadonlyMap<string, number>; readonly glyphs: Glyphs },
): Line {
  const state = map.nodes.find(({ node }) => node === from)?.state ?? 'healthy';
  const own = across.map((to): Span => cell(stalls.get(`${from}\0${to}`), glyphs));
  const sum = map.edges.reduce((total, edge) => total + (edge.from === from ? edge.stalls : 0), 0);
  return [
    span(shortenMiddle(from, NAME, glyphs.ellipsis).padEnd(NAME), STYLES[state]),
    span(` ${String(Math.round(sum)).padStart(COUNT)}  `, sum > 0 ? 'plain' : 'dim'),
    ...merged(own),
  ];
}

const STYLES: Readonly<Record<NodeVerdict['state'], Style>> = {
  bad: 'bad',
  suspect: 'warn',
  unwatched: 'dim',
  blind: 'dim',
  healthy: 'plain',
};

function cell(count: number | undefined, glyphs: Glyphs): Span {
  if (count === undefined) return span(' ');
  if (count < 0.5) return span(glyphs.separator, 'dim');
  return count >= MANY ? span(glyphs.condition.stalled, 'stall') : span(glyphs.condition.slow, 'warn');
}

/** Neighbours of one style in one span. */
function merged(cells: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const one of cells) {
    const last = out.at(-1);
    if (last !== undefined && last.style === one.style) out[out.length - 1] = span(last.text + one.text, one.style);
    else out.push(one);
  }
  return out;
}
