import { printableValue } from '../../format/printable.js';
import type { NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { about, type FleetTold, linkSection, nodeSection } from './fleet-text.js';

/** What is known of one node, for people, and what would tell more. */
export function whyText(fleet: FleetTold, seen: NodeVerdict, isMeasured: boolean): string {
  const { run, links, verdict } = printableValue(fleet);
  const node = printableValue(seen);
  const sections = [
    [`WHY    ${node.node}: ${STATES[node.state]}`, about(run, verdict)],
    ...(node.state === 'bad' || node.state === 'suspect' ? [nodeSection(without(node), run)] : []),
    ...(node.reason === undefined || node.state === 'suspect' ? [] : [[`         ${node.reason}`]]),
    ...links.map(linkSection),
    isMeasured ? ['measured now:'] : node.culprit === undefined ? [next(node)] : [],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Nobody is told to ask what he has just asked. */
function without(node: NodeVerdict): NodeVerdict {
  const lines = (node.lines ?? []).filter((line) => !line.startsWith('rxray why '));
  return { ...node, lines };
}

const STATES: Readonly<Record<NodeVerdict['state'], string>> = {
  bad: 'its fault',
  suspect: 'suspected',
  unwatched: 'too few agents watch it',
  blind: 'its agent tells nothing',
  healthy: 'nothing that was seen points at it',
};

function next({ node }: NodeVerdict): string {
  return `→ for the process, name vantages around it: rxray discover --around ${node} > hosts.yaml, then again with --hosts hosts.yaml`;
}
