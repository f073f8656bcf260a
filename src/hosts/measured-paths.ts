import { CodedError } from '../model/errors.js';
import type { MeasuredPath } from '../model/measured-path.js';
import {
  DEFAULT_FLOWS,
  DEFAULT_FRESH_PER_SECOND,
  DEFAULT_INTERVAL_NS,
  DEFAULT_MAX_PACKETS_PER_SECOND,
  DEFAULT_REQUESTS_PER_SECOND,
  type PlannedPath,
} from '../model/plan.js';
import { hasPorts, isRequest, type Protocol } from '../model/protocol.js';
import type { RequestSpec } from '../model/request.js';
import type { TargetKind } from '../model/target.js';
import { SECOND } from '../model/time.js';
import type { Hosts } from './hosts-file.js';
import { Machines } from './machines.js';
import { routeOf } from './stages.js';

/** Where no port is given a closed one serves: it answers with RST. */
const CLOSED_PORT = 9876;

/** A third vantage on the same target and protocol clears nothing that two do not. */
const VANTAGES_PER_TARGET = 2;

/** What tells protocols apart: ICMP hashes by addresses, TCP by ports too; behind NAT only TCP is translated. */
const PROTOCOLS_OF: Readonly<Record<TargetKind, readonly Protocol[]>> = {
  node: ['icmp', 'syn'],
  pod: ['icmp', 'syn'],
  nodeport: ['syn'],
  service: ['syn'],
  external: ['icmp', 'syn'],
  control: ['icmp'],
};

/** A path of hosts.yaml: what the prober of its vantage is told, and what the analysis knows of its way. */
export interface HostsPath {
  readonly planned: PlannedPath;
  readonly measured: MeasuredPath;
}

/**
 * The paths that a hosts.yaml names, else every pair of vantage and target and protocol that adds information:
 * pods from overlay vantages only, no machine to itself, two vantages on each target. Where all paths to one
 * address would exceed the limit of packets a second, their interval is lengthened.
 *
 * @param wishedNs from packet to packet of a path, in nanoseconds
 */
export function measuredPaths(hosts: Hosts, wishedNs = DEFAULT_INTERVAL_NS): HostsPath[] {
  const machines = new Machines(hosts);
  const wanted =
    hosts.paths?.map((path) => ({ vantage: path.from, target: path.to, protocol: path.probe })) ??
    choose(hosts, machines);
  const loads = new Map<string, Load>();
  for (const { target, protocol } of wanted) {
    const address = hosts.targets[target]?.address ?? '';
    const { paths, fresh } = loads.get(address) ?? { paths: 0, fresh: 0 };
    loads.set(address, { paths: paths + 1, fresh: fresh + freshOf(protocol) });
  }
  return wanted.map(({ vantage, target, protocol }) => {
    const intervalNs = intervalFor(wishedNs, loads.get(hosts.targets[target]?.address ?? ''));
    return hostsPath(hosts, machines, vantage, target, protocol, intervalNs);
  });
}

/** What all vantages together send to one address: paths, and packets a second from fresh ports beside them. */
interface Load {
  readonly paths: number;
  readonly fresh: number;
}

/** The interval wished for, or the shortest with which all paths stay within the limit: fresh ports go on at their own rate. */
function intervalFor(wishedNs: number, { paths, fresh }: Load = { paths: 1, fresh: 0 }): number {
  const left = Math.max(DEFAULT_MAX_PACKETS_PER_SECOND - fresh, DEFAULT_MAX_PACKETS_PER_SECOND / 10);
  return Math.max(wishedNs, Math.ceil((paths * SECOND) / left));
}

interface Wanted {
  readonly vantage: string;
  readonly target: string;
  readonly protocol: Protocol;
}

function choose(hosts: Hosts, machines: Machines): Wanted[] {
  return Object.entries(hosts.targets).flatMap(([target, { kind }]) => {
    const able = Object.keys(hosts.vantages).filter((vantage) => canProbe(hosts, machines, vantage, target));
    return chooseVantages(hosts, machines, able, kind).flatMap((vantage) =>
      [...PROTOCOLS_OF[kind], ...requestsTo(hosts, vantage, target)].map((protocol) => ({ vantage, target, protocol })),
    );
  });
}

/** Requests are sent by a program for Node.js, which is on this machine alone. */
function requestsTo(hosts: Hosts, vantage: string, name: string): Protocol[] {
  const target = hosts.targets[name];
  const transport = hosts.vantages[vantage]?.transport;
  if (target === undefined || (transport !== 'local' && transport !== 'netns')) return [];
  return [
    ...(target.url === undefined ? [] : ['http' as const]),
    ...(target.lookup === undefined ? [] : ['dns' as const]),
  ];
}

/**
 * One vantage outside the overlay and one in it where there are both: what they do not share is cleared by the
 * other. The way out of the cluster is seen from its nodes, so there the overlay comes first, and may come twice.
 */
function chooseVantages(hosts: Hosts, machines: Machines, able: readonly string[], kind: TargetKind): string[] {
  const apart = able.filter(
    (vantage, index) => able.findIndex((other) => machines.ofVantage(other) === machines.ofVantage(vantage)) === index,
  );
  const inOverlay = apart.filter((vantage) => hosts.vantages[vantage]?.overlay === true);
  const outside = apart.filter((vantage) => hosts.vantages[vantage]?.overlay !== true);
  const order =
    kind === 'external'
      ? [...inOverlay, ...outside]
      : [...outside.slice(0, 1), ...inOverlay.slice(0, 1), ...outside.slice(1), ...inOverlay.slice(1)];
  return order.slice(0, VANTAGES_PER_TARGET);
}

function canProbe(hosts: Hosts, machines: Machines, vantage: string, name: string): boolean {
  const target = hosts.targets[name];
  if (!target) return false;
  const here = machines.ofVantage(vantage);
  if (target.kind === 'control') return true;
  // A packet from a machine to itself skips its card and PREROUTING, and shows nothing of the way in.
  if (machines.entrance(name) === here || machines.answering(name) === here) return false;
  const overlay = hosts.vantages[vantage]?.overlay === true;
  return overlay || (target.kind !== 'pod' && target.kind !== 'service');
}

function hostsPath(
  hosts: Hosts,
  machines: Machines,
  vantage: string,
  name: string,
  protocol: Protocol,
  intervalNs: number,
): HostsPath {
  const target = hosts.targets[name];
  if (!target) throw new Error(`no target ${name}`);
  if (isRequest(protocol)) return requestPath(hosts, machines, vantage, name, protocol);
  const flows = hasPorts(protocol) ? DEFAULT_FLOWS : 1;
  const freshPerSecond = freshOf(protocol);
  const pathName = `${vantage}>${name}/${protocol}`;
  return {
    planned: {
      name: pathName,
      protocol,
      address: target.address,
      ...(hasPorts(protocol)
        ? { port: target.port ?? (target.url === undefined ? CLOSED_PORT : portOf(target.url)) }
        : {}),
      flows,
      freshPerSecond,
      intervalNs,
    },
    measured: {
      name: pathName,
      vantage,
      target: name,
      targetKind: target.kind,
      protocol,
      answeredBy: machines.answering(name),
      address: target.address,
      intervalNs,
      flows,
      freshPerSecond,
      ...(target.backends === undefined ? {} : { backends: target.backends }),
      ...(target.pod === undefined ? {} : { pod: target.pod }),
      ...routeOf(hosts, machines, vantage, name, protocol),
    },
  };
}

const REQUEST_INTERVAL_NS = SECOND / DEFAULT_REQUESTS_PER_SECOND;
const DNS_PORT = 53;
/** Of a resolver that says nothing else: resolv.conf(5). */
const DNS_TIMEOUT_NS = 5 * SECOND;

/** @throws CodedError E_PATHS where the target has no URL or name, or the vantage is on another machine */
function requestPath(
  hosts: Hosts,
  machines: Machines,
  vantage: string,
  name: string,
  protocol: 'http' | 'dns',
): HostsPath {
  const target = hosts.targets[name];
  const wanted = protocol === 'http' ? target?.url : target?.lookup;
  if (target === undefined || wanted === undefined || !requestsTo(hosts, vantage, name).includes(protocol))
    throw new CodedError(
      'E_PATHS',
      `${vantage}>${name}/${protocol}: ${wanted === undefined ? `${name} has no ${protocol === 'http' ? 'url' : 'lookup'}` : 'requests start on this machine only: from vantages of transport local or netns'}`,
      protocol === 'http' ? 'write url: http://… at the target' : 'write lookup: NAME at the target',
      2,
    );
  const request: RequestSpec =
    protocol === 'http'
      ? {
          kind: 'http',
          url: wanted,
          method: 'GET',
          headers: [],
          keepAlive: false,
          version: '1.1',
          insecure: true,
          lookup: false,
        }
      : {
          kind: 'dns',
          names: [wanted.replace(/\.$/, '')],
          types: ['A', 'AAAA'],
          way: 'udp',
          timeoutNs: DNS_TIMEOUT_NS,
          attempts: 2,
        };
  const port = protocol === 'http' ? portOf(wanted) : (target.port ?? DNS_PORT);
  const pathName = `${vantage}>${name}/${protocol}`;
  const common = { name: pathName, protocol, intervalNs: REQUEST_INTERVAL_NS, flows: 1, freshPerSecond: 0 };
  return {
    planned: { ...common, address: target.address, port, request },
    measured: {
      ...common,
      vantage,
      target: name,
      targetKind: target.kind,
      answeredBy: machines.answering(name),
      ...routeOf(hosts, machines, vantage, name, protocol),
    },
  };
}

function portOf(text: string): number {
  const url = new URL(text);
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function freshOf(protocol: Protocol): number {
  return protocol === 'syn' ? DEFAULT_FRESH_PER_SECOND : 0;
}
