import { GATEWAY_ADDRESS, routerPort } from './addresses.js';
import { command, inNamespace } from './command.js';
import { macAddress } from './mac-address.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';

/** The two equal-cost links from the fabric to the rack: device and address at either end. */
export const UPLINKS = [
  { fabric: 'to-rack-a', rack: 'spine-a', network: '172.16.240.0/30', near: '172.16.240.1', far: '172.16.240.2' },
  { fabric: 'to-rack-b', rack: 'spine-b', network: '172.16.240.4/30', near: '172.16.240.5', far: '172.16.240.6' },
] as const;

/** The aggregated device of the rack's router: its address is the node's gateway. */
export const BOND = 'bond';
export const BOND_MAC = macAddress(2, 0);
/** The node's ends of the two members. */
export const MEMBERS_FAR = ['far-a', 'far-b'] as const;

/** Fixed, the same in rack.h: programs redirect by number. */
const NUMBER = { 'bond-in': 101, 'member-a': 102, 'member-b': 103, 'far-a': 104, 'far-b': 105 } as const;
export const TO_BAD_NUMBER = 106;

/**
 * Links the rack to the fabric by two equal-cost links, with the flow's addresses and ports deciding in both
 * directions. Each router has a seed of its own: with one and the same everything of one uplink would sit on one half
 * of the node's receive queues as well.
 */
export function linkRack(lab: string): void {
  const [fabric, rack] = [namespaceOf(lab, 'fabric'), namespaceOf(lab, 'rack')];
  for (const [index, link] of UPLINKS.entries()) {
    const [nearMac, farMac] = [macAddress(5, 2 * index), macAddress(5, 2 * index + 1)];
    // biome-ignore format: one command line
    command(['ip', 'link', 'add', link.fabric, 'netns', fabric, 'address', nearMac, 'type', 'veth',
      'peer', 'name', link.rack, 'netns', rack, 'address', farMac]);
    command(['ip', '-n', fabric, 'address', 'add', `${link.near}/30`, 'dev', link.fabric]);
    command(['ip', '-n', rack, 'address', 'add', `${link.far}/30`, 'dev', link.rack]);
    command(['ip', '-n', fabric, 'link', 'set', link.fabric, 'up']);
    command(['ip', '-n', rack, 'link', 'set', link.rack, 'up']);
    // biome-ignore format: one command line
    command(['ip', '-n', fabric, 'neighbour', 'replace', link.far, 'lladdr', farMac, 'dev', link.fabric, 'nud',
      'permanent']);
    // biome-ignore format: one command line
    command(['ip', '-n', rack, 'neighbour', 'replace', link.near, 'lladdr', nearMac, 'dev', link.rack, 'nud',
      'permanent']);
  }
  // biome-ignore format: one command line
  command(['ip', '-n', fabric, 'route', 'add', '172.16.47.0/24',
    ...UPLINKS.flatMap((link) => ['nexthop', 'via', link.far, 'dev', link.fabric])]);
  // biome-ignore format: one command line
  command(['ip', '-n', rack, 'route', 'add', 'default',
    ...UPLINKS.flatMap((link) => ['nexthop', 'via', link.near, 'dev', link.rack])]);
  for (const [namespace, seed] of [
    [fabric, 1],
    [rack, 2],
  ] as const) {
    inNamespace(namespace, ['sysctl', '-q', '-w', 'net.ipv4.fib_multipath_hash_policy=1']);
    // Linux 6.11; before, the halves coincide.
    inNamespace(namespace, ['sysctl', '-q', '-e', '-w', `net.ipv4.fib_multipath_hash_seed=${seed}`]);
  }
}

/**
 * Joins the rack's router to the link of `bad` by an aggregated pair. No kernel that the lab is meant for need have
 * the bonding module: programs choose the member by addresses and ports, as the bonding driver's `layer3+4` does.
 */
export function linkTrunk(lab: string): void {
  const rack = namespaceOf(lab, 'rack');
  pair(rack, [BOND, '110', BOND_MAC], ['bond-in', String(NUMBER['bond-in'])]);
  for (const member of ['a', 'b'] as const) {
    pair(
      rack,
      [`member-${member}`, String(NUMBER[`member-${member}`])],
      [`far-${member}`, String(NUMBER[`far-${member}`])],
    );
  }
  command(['ip', '-n', rack, 'address', 'add', `${GATEWAY_ADDRESS.bad}/24`, 'dev', BOND]);
  addProgram(rack, 'bond-in', 'ingress', 2, 'trunk', 'tc/towards_node');
  addProgram(rack, routerPort('bad'), 'ingress', 2, 'trunk', 'tc/towards_rack');
  for (const member of ['a', 'b']) {
    addProgram(rack, `far-${member}`, 'ingress', 2, 'trunk', 'tc/at_node');
    addProgram(rack, `member-${member}`, 'ingress', 2, 'trunk', 'tc/at_rack');
  }
}

type LinkEnd = readonly [name: string, number: string, mac?: string];

function pair(namespace: string, near: LinkEnd, far: LinkEnd): void {
  const words = ([name, number, mac]: LinkEnd): string[] => [
    ...['name', name, 'index', number],
    ...(mac === undefined ? [] : ['address', mac]),
  ];
  command(['ip', '-n', namespace, 'link', 'add', ...words(near), 'type', 'veth', 'peer', ...words(far)]);
  for (const [name] of [near, far]) {
    command(['ip', '-n', namespace, 'link', 'set', name, 'up']);
  }
}
