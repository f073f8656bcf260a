import { formatDateTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import type { FleetRun, FleetVerdict, LinkVerdict, NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { accusedLines } from '../bisect/accused-text.js';

/** What a verdict on a fleet is told from. */
export interface FleetTold {
  readonly run: FleetRun;
  readonly nodes: readonly NodeVerdict[];
  readonly links: readonly LinkVerdict[];
  readonly verdict: FleetVerdict;
}

const MOST_NAMED = 12;
const MOST_EVIDENCE = 6;

/** A verdict on a fleet for people: the answer, then each node at fault with what to run, then what limits it. */
export function fleetText(told: FleetTold, quiet: boolean): string {
  const { run, nodes, links, verdict } = printableValue(told);
  const bad = nodes.filter(({ state }) => state === 'bad');
  const suspects = nodes.filter(({ state }) => state === 'suspect');
  const sections = quiet
    ? [[headline(verdict, links)], ...bad.map((node) => nodeHead(node))]
    : [
        [headline(verdict, links), about(run, verdict)],
        ...bad.map((node) => nodeSection(node, run)),
        ...links.map(linkSection),
        ...suspects.map((node) => nodeSection(node, run)),
        named('not watched', nodes, 'unwatched'),
        named('agents that cannot be believed', nodes, 'blind'),
        list('notes', notes(verdict)),
      ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** For a ticket: the text as it stands, under its headline. */
export function fleetMarkdown(told: FleetTold): string {
  const title = headline(printableValue(told.verdict), printableValue(told.links)).replace(/^FLEET +/, '');
  return `# ${title}\n\n\`\`\`\n${fleetText(told, false).replaceAll('```', "'''")}\`\`\`\n`;
}

export function headline(verdict: FleetVerdict, links: readonly LinkVerdict[]): string {
  if (verdict.cause === 'healthy') return `FLEET  healthy: ${count(verdict.nodes, 'node')}, none at fault`;
  if (verdict.cause === 'inconclusive') return `FLEET  inconclusive: ${verdict.reason ?? 'the data do not decide'}`;
  const parts = [
    ...(verdict.bad.length === 0 ? [] : [`${count(verdict.bad.length, 'bad node')}: ${some(verdict.bad)}`]),
    ...(links.length === 0
      ? []
      : [`${count(links.length, 'bad link')}, which ${links.length === 1 ? 'accuses' : 'accuse'} no node`]),
  ];
  return `FLEET  ${parts.join('; ')}`;
}

export function about(run: FleetRun, { nodes, edges, quality }: FleetVerdict): string {
  const from = formatDateTime(BigInt(run.epochNs));
  return `       ${count(nodes, 'node')}, ${count(edges, 'edge')}, ${formatLength(run.windowNs)} from ${from}; ${run.asked}, ${asked(run, quality.queries)} in ${formatLength(quality.tookNs)}`;
}

function asked({ source }: FleetRun, times: number): string {
  return source === 'agents' ? count(times, 'request') : times === 1 ? '1 query' : `${times} queries`;
}

/** One line: which node, which cause, how sure. */
function nodeHead(node: NodeVerdict): string[] {
  const causes = [node.cause, ...(node.indistinguishable ?? [])].filter((cause) => cause !== undefined).join(' or ');
  const sure = node.probability === undefined ? '' : `, probability ${probability(node.probability)}`;
  const zone = node.zone === undefined ? '' : ` (zone ${node.zone})`;
  const what = node.state === 'bad' ? 'BAD    ' : 'SUSPECT';
  return [`${what}  ${node.node}${zone}: ${causes === '' ? 'cause unknown' : causes}${sure}`];
}

export function nodeSection(node: NodeVerdict, run: FleetRun): string[] {
  const at = (ns: number): string => formatDateTime(BigInt(run.epochNs) + BigInt(ns));
  const since =
    node.since === undefined || node.since === null
      ? ''
      : `, since ${at(node.since)}${node.since < 0 ? ' or before' : ''}`;
  const last = node.last === undefined ? '' : `, the last at ${at(node.last)}`;
  return [
    ...nodeHead(node),
    ...(node.incidents === undefined ? [] : [`         ${count(node.incidents, 'incident')}${since}${last}`]),
    ...(node.meaning === undefined ? [] : [`         ${node.meaning}`]),
    ...(node.reason === undefined ? [] : [`         ${node.reason}`]),
    ...(node.evidence ?? []).slice(0, MOST_EVIDENCE).map(({ words }) => `         - ${words}`),
    ...(node.culprit === undefined ? [] : accusedLines(node.culprit)),
    ...(node.notes ?? []).map((note) => `         ${note}`),
    ...(node.ruledOut ?? []).map(({ cause, because }) => `         ruled out: ${cause}: ${because}`),
    ...(node.lines ?? []).map((line, i) => `         ${i === 0 ? '→' : ' '} ${line}`),
  ];
}

export function linkSection(link: LinkVerdict): string[] {
  const where = link.scope === 'groups' ? 'two groups of nodes' : `${SCOPES[link.scope]} ${link.between.join(' and ')}`;
  return [
    `LINK     network ${where}${link.kind === 'loss' ? ' (loss)' : ''}, probability ${probability(link.probability)}`,
    `         ${link.words}`,
    ...(link.groups ?? []).map((group, i) => `         ${i === 0 ? 'from' : 'to  '} ${some(group)}`),
  ];
}

const SCOPES: Readonly<Record<Exclude<LinkVerdict['scope'], 'groups'>, string>> = {
  nodes: 'between',
  zones: 'between zones',
  border: 'at the border of zone',
  inside: 'inside zone',
};

function named(title: string, nodes: readonly NodeVerdict[], state: NodeVerdict['state']): string[] {
  const all = nodes.filter((node) => node.state === state);
  const byReason = new Map<string, string[]>();
  for (const { node, reason = '' } of all) byReason.set(reason, [...(byReason.get(reason) ?? []), node]);
  return list(
    title,
    [...byReason].map(([reason, names]) => `${some(names)}: ${reason}`),
  );
}

function notes({ unexplained, quality }: FleetVerdict): string[] {
  return [
    ...quality.notes,
    ...(unexplained > 0 ? [`${count(unexplained, 'path')} held now and then, which no fault named here explains`] : []),
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}

/** Never 1: nothing that was measured is certain. */
function probability(value: number): string {
  return value > 0.999 ? '> 0.999' : value.toFixed(3);
}
