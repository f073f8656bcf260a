import { stringify } from 'yaml';
import { printable } from '../../format/printable.js';
import type { DiscoveryRecord } from '../../model/records/discovery.js';

/** Of a comment: longer lists are cut. */
const MOST_NAMES = 12;

/** A hosts file with what is known of its cluster as comments. */
export function discoveredHostsText(found: DiscoveryRecord): string {
  const hosts = found.hosts as Readonly<Record<'vantages' | 'targets', Readonly<Record<string, unknown>>>>;
  const comments = commentsOf(found).map((line) => `# ${printable(line).replaceAll('\n', ' ')}\n`);
  return [
    ...comments,
    '# What it can tell apart, without sending anything: rxray bisect --hosts FILE --plan\n\n',
    section('vantages', hosts.vantages),
    '\n',
    section('targets', hosts.targets),
  ].join('');
}

function commentsOf(found: DiscoveryRecord): string[] {
  const { context, network, proxy, nodes, chosen, around, notes } = found;
  const picked = nodes.filter(({ name }) => chosen.includes(name));
  const overlay = network.overlay === 'none' ? 'no overlay' : `overlay ${network.overlay}`;
  const outside = picked.filter(({ externalAddresses }) => externalAddresses.length > 0);
  return [
    `Made by rxray discover${context === undefined ? '' : `, context ${context}`}: ${picked.length} of ${nodes.length} nodes`,
    ...(around === undefined
      ? []
      : [
          `around ${around.node}: the best of ${around.compared} sets; pairs of causes that look the same on its paths: ${around.alikeAtSuspect} at ${around.node}, ${around.alike} in all`,
        ]),
    `network: ${network.plugin}, ${overlay}${network.acrossSubnetsOnly ? ' across subnets only' : ''} (${network.because})`,
    `services: ${proxy.mode} (${proxy.because})`,
    ...zones(picked),
    ...outside.map(({ name, externalAddresses }) => `${name} from outside: ${externalAddresses.join(', ')}`),
    ...picked.flatMap(({ name, ready, cordoned }) =>
      ready === false || cordoned
        ? [`${name} is ${[...(ready === false ? ['not ready'] : []), ...(cordoned ? ['cordoned'] : [])].join(' and ')}`]
        : [],
    ),
    ...notes,
  ];
}

function zones(nodes: DiscoveryRecord['nodes']): string[] {
  const byZone = new Map<string, string[]>();
  for (const { name, zone } of nodes) {
    if (zone !== undefined) byZone.set(zone, [...(byZone.get(zone) ?? []), name]);
  }
  return [...byZone].map(([zone, names]) => {
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    return `zone ${zone}: ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
  });
}

function section(title: string, entries: Readonly<Record<string, unknown>>): string {
  const names = Object.entries(entries);
  if (names.length === 0) return `${title}: {}\n`;
  const lines = names.map(([name, value]) => {
    const entry = stringify({ [name]: value }, { collectionStyle: 'flow', lineWidth: 0 }).trim();
    return `  ${entry.replace(/^\{ ?/, '').replace(/ ?\}$/, '')}\n`;
  });
  return `${title}:\n${lines.join('')}`;
}
