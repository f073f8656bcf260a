import { GATEWAY_ADDRESS, type Place, routerPort } from './addresses.js';
import { batch, command, inNamespace } from './command.js';
import { macAddress } from './mac-address.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';

/** One end of a link between two routers: device and address. */
interface RouterEnd {
  readonly place: Place;
  readonly device: string;
  readonly address: string;
}

type RouterLink = readonly [near: RouterEnd, far: RouterEnd];

/** The links of the two ways of equal cost from the fabric to the rack: the second leads through one router more. */
const STRAIGHT: RouterLink = [
  { place: 'fabric', device: 'to-rack-a', address: '172.16.240.1' },
  { place: 'rack', device: 'spine-a', address: '172.16.240.2' },
];
const TO_SPINE: RouterLink = [
  { place: 'fabric', device: 'to-rack-b', address: '172.16.240.5' },
  { place: 'spine', device: 'to-fabric', address: '172.16.240.6' },
];
const FROM_SPINE: RouterLink = [
  { place: 'spine', device: 'to-rack', address: '172.16.240.9' },
  { place: 'rack', device: 'spine-b', address: '172.16.240.10' },
];
const LINKS = [STRAIGHT, TO_SPINE, FROM_SPINE];

/** The fabric's device on each of the ways. */
export const UPLINKS = [STRAIGHT[0].device, TO_SPINE[0].device] as const;

/** An end of each link of the rack's ways: the link goes with it. */
export const UPLINK_ENDS = LINKS.map(([{ place, device }]) => [place, device] as const);

/** The aggregated device of the rack's router: its address is the node's gateway. */
export const BOND = 'bond';
export const BOND_MAC = macAddress(2, 0);
/** The node's ends of the two members. */
export const MEMBERS_FAR = ['far-a', 'far-b'] as const;

/** Fixed, the same in rack.h: programs redirect by number. */
const NUMBER = { 'bond-in': 101, 'member-a': 102, 'member-b': 103, 'far-a': 104, 'far-b': 105 } as const;
export const TO_BAD_NUMBER = 106;

/** Of the choice between the ways. A number of its own: with none, the halves of ways and of receive queues coincide. */
const WAY_SEED = 1;
const SUBNET_OF_BAD = '172.16.47.0/24';

/**
 * Joins the rack to the fabric by two ways of equal cost, with the flow's addresses and ports deciding. Both routers
 * choose alike (the kernel's hash is the same for both directions of a flow), so that the replies of a flow come back by
 * the way that its probes took, and by their TTL.
 */
export function linkRack(lab: string): void {
  for (const [index, link] of LINKS.entries()) linkRouters(lab, index, link);
  route(lab, 'fabric', SUBNET_OF_BAD, [STRAIGHT, TO_SPINE]);
  route(lab, 'rack', 'default', [STRAIGHT, FROM_SPINE]);
  route(lab, 'spine', SUBNET_OF_BAD, [FROM_SPINE]);
  route(lab, 'spine', 'default', [TO_SPINE]);
  for (const place of ['fabric', 'rack'] as const) {
    const namespace = namespaceOf(lab, place);
    inNamespace(namespace, ['sysctl', '-q', '-w', 'net.ipv4.fib_multipath_hash_policy=1']);
    // Linux 6.11; before, the halves coincide.
    inNamespace(namespace, ['sysctl', '-q', '-e', '-w', `net.ipv4.fib_multipath_hash_seed=${WAY_SEED}`]);
  }
}

/** A router's route over one link, or over any of several. */
function route(lab: string, place: Place, to: string, links: readonly RouterLink[]): void {
  const hops = links.flatMap(([near, far]) => {
    const [own, other] = near.place === place ? [near, far] : [far, near];
    return ['nexthop', 'via', other.address, 'dev', own.device];
  });
  command(['ip', '-n', namespaceOf(lab, place), 'route', 'add', to, ...hops]);
}

function linkRouters(lab: string, index: number, [near, far]: RouterLink): void {
  const [here, there] = [namespaceOf(lab, near.place), namespaceOf(lab, far.place)];
  const [nearMac, farMac] = [macAddress(5, 2 * index), macAddress(5, 2 * index + 1)];
  // biome-ignore format: one command line
  command(['ip', 'link', 'add', near.device, 'netns', here, 'address', nearMac, 'type', 'veth',
    'peer', 'name', far.device, 'netns', there, 'address', farMac]);
  for (const [namespace, own, other, otherMac] of [
    [here, near, far, farMac],
    [there, far, near, nearMac],
  ] as const) {
    batch('ip', namespace, [
      ['address', 'add', `${own.address}/30`, 'dev', own.device],
      ['link', 'set', own.device, 'up'],
      ['neighbour', 'replace', other.address, 'lladdr', otherMac, 'dev', own.device, 'nud', 'permanent'],
    ]);
  }
}

/**
 * Joins the rack's router to the link of `bad` by an aggregated pair. No kernel that the lab is meant for need have
 * the bonding module: programs choose the member by addresses and ports, as the bonding driver's `layer3+4` does.
 */
export function linkTrunk(lab: string): void {
  const rack = namespaceOf(lab, 'rack');
  batch('ip', rack, [
    ...pair([BOND, '110', BOND_MAC], ['bond-in', String(NUMBER['bond-in'])]),
    ...(['a', 'b'] as const).flatMap((member) =>
      pair(
        [`member-${member}`, String(NUMBER[`member-${member}`])],
        [`far-${member}`, String(NUMBER[`far-${member}`])],
      ),
    ),
    ['address', 'add', `${GATEWAY_ADDRESS.bad}/24`, 'dev', BOND],
  ]);
  addProgram(rack, 'bond-in', 'ingress', 2, 'trunk', 'tc/towards_node');
  addProgram(rack, routerPort('bad'), 'ingress', 2, 'trunk', 'tc/towards_rack');
  for (const member of ['a', 'b']) {
    addProgram(rack, `far-${member}`, 'ingress', 2, 'trunk', 'tc/at_node');
    addProgram(rack, `member-${member}`, 'ingress', 2, 'trunk', 'tc/at_rack');
  }
}

type LinkEnd = readonly [name: string, number: string, mac?: string];

function pair(near: LinkEnd, far: LinkEnd): string[][] {
  const words = ([name, number, mac]: LinkEnd): string[] => [
    ...['name', name, 'index', number],
    ...(mac === undefined ? [] : ['address', mac]),
  ];
  return [
    ['link', 'add', ...words(near), 'type', 'veth', 'peer', ...words(far)],
    ...[near, far].map(([name]) => ['link', 'set', name, 'up']),
  ];
}
