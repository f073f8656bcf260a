import { formatDateTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { printableValue } from '../../format/printable.js';
import type { LinkVerdict, NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { accusedLines } from '../bisect/accused-text.js';
import { html, type Markup, raw } from '../html/escape.js';
import { pageShell } from '../html/page-shell.js';
import { type FleetTold, headline, linkSection } from './fleet-text.js';

/**
 * A verdict on a fleet as one page that needs nothing else: its style stands in it, it has no script, and its own policy
 * forbids it the network.
 *
 * @param style as the build bundles it from src/report/page
 */
export function fleetPage(given: FleetTold, style: string, file: string): string {
  const told = printableValue(given);
  const { run, nodes, links, verdict } = told;
  const began = formatDateTime(BigInt(run.epochNs));
  const at = (ns: number): string => formatDateTime(BigInt(run.epochNs) + BigInt(ns));
  const title = headline(verdict, links).replace(/^FLEET +/, '');
  const faulty = nodes.filter(({ state }) => state === 'bad' || state === 'suspect');
  const others = nodes.filter(({ state }) => state === 'unwatched' || state === 'blind');
  return pageShell({
    title: `${title} · rxray fleet · ${began}`,
    kind: 'fleet',
    began,
    version: run.version,
    file,
    style,
    main: html`<section id="verdict"><h1>${title}</h1>
<p>${String(verdict.nodes)} nodes, ${String(verdict.edges)} edges, ${formatLength(run.windowNs)} from ${began}; ${run.asked}</p>
${verdict.reason === undefined ? raw('') : html`<p>${verdict.reason}</p>`}</section>
${faulty.map((node) => nodePart(node, at))}
${links.length === 0 ? raw('') : html`<section id="links"><h2>Links</h2>${links.map(linkPart)}</section>`}
${others.length === 0 ? raw('') : html`<section id="others"><h2>Not watched, or not believed</h2>${othersTable(others)}</section>`}
${notesPart(verdict.quality.notes, verdict.unexplained)}`,
  });
}

function nodePart(node: NodeVerdict, at: (ns: number) => string): Markup {
  const causes = [node.cause, ...(node.indistinguishable ?? [])].filter((cause) => cause !== undefined).join(' or ');
  const rows: (readonly [string, string])[] = [
    ['state', node.state],
    ['cause', causes === '' ? 'unknown' : causes],
    ...(node.probability === undefined ? [] : [['probability', sure(node.probability)] as const]),
    ...(node.zone === undefined ? [] : [['zone', node.zone] as const]),
    ...(node.incidents === undefined ? [] : [['incidents', String(node.incidents)] as const]),
    ...(typeof node.since === 'number'
      ? [['since', `${at(node.since)}${node.since < 0 ? ' or before' : ''}`] as const]
      : []),
    ...(node.last === undefined ? [] : [['last', at(node.last)] as const]),
    ...(node.reason === undefined ? [] : [['reason', node.reason] as const]),
  ];
  return html`<section class="node"><h2>${node.node}</h2>
${node.meaning === undefined ? raw('') : html`<p>${node.meaning}</p>`}
<table><tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
${node.culprit === undefined ? raw('') : html`<h3>Culprit</h3><pre>${accusedLines(node.culprit).join('\n')}</pre>`}
${list(
  'Evidence',
  (node.evidence ?? []).map(({ words }) => words),
)}
${list(
  'Ruled out',
  (node.ruledOut ?? []).map(({ cause, because }) => `${cause}: ${because}`),
)}
${list('Notes', node.notes ?? [])}
${(node.lines ?? []).length === 0 ? raw('') : html`<h3>To run</h3><pre>${(node.lines ?? []).join('\n')}</pre>`}</section>`;
}

function linkPart(link: LinkVerdict): Markup {
  return html`<pre>${linkSection(link).join('\n')}</pre>`;
}

function othersTable(nodes: readonly NodeVerdict[]): Markup {
  const row = ({ node, state, reason = '' }: NodeVerdict): Markup =>
    html`<tr><th scope="row">${node}</th><td>${state}</td><td>${reason}</td></tr>`;
  return html`<table><thead><tr><th>node</th><th>state</th><th>why</th></tr></thead><tbody>${nodes.map(row)}</tbody></table>`;
}

function notesPart(notes: readonly string[], unexplained: number): Markup {
  const all =
    unexplained === 0
      ? notes
      : [...notes, `paths held now and then, which no fault named here explains: ${unexplained}`];
  return all.length === 0 ? raw('') : html`<section id="notes">${list('Notes', all)}</section>`;
}

function list(title: string, lines: readonly string[]): Markup {
  return lines.length === 0 ? raw('') : html`<h3>${title}</h3><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** Never 1: nothing that was measured is certain. */
function sure(value: number): string {
  return value > 0.999 ? '> 0.999' : value.toFixed(3);
}
