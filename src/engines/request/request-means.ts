import { CodedError } from '../../model/errors.js';
import type { PlannedPath } from '../../model/plan.js';
import type { RequestDetail } from '../../model/request.js';
import { footprintOf } from '../node-prober/footprint.js';
import type { Means, OpenMeans, Probe } from '../node-prober/means.js';
import { findRoute, type Route } from '../node-prober/route.js';
import { DnsRequests } from './dns-requests.js';
import { Http1Requests } from './http1-requests.js';
import { Http2Requests } from './http2-requests.js';
import type { OpenRequest } from './open-request.js';

const LIMITS = [
  'requests: stamps are user-space clock readings on an event loop, 0.1 to 0.3 ms late as a rule; while the loop stands still no answer is stamped, such intervals are recorded as pauses, and findings in them count as self-inflicted',
];

/** Sends the requests of one path. */
interface Sender {
  send(probe: Probe): OpenRequest;
  close(): void;
}

/** Opens what sends requests: connections of Node.js, and sockets for DNS. */
export const openRequests: OpenMeans = async (plan, events, clock, sendDue) => {
  if (plan.timestamps === 'hw' || plan.timestamps === 'kernel')
    throw new CodedError('E_TIMESTAMPS', 'requests have no time stamps of kernel or card', 'leave --timestamps out', 2);
  for (const path of plan.paths) refuseOther(path);
  const routes = await Promise.all(plan.paths.map(findRoute));
  const open = new Map<string, OpenRequest>();
  const done = ({ probe, abort }: OpenRequest): void => {
    open.delete(keyOf(probe.train, probe.k));
    if (plan.paths[probe.path]?.protocol === 'dns') abort();
    sendDue();
  };
  const moved = new Set<string>();
  const senders = plan.paths.map((path): Sender => {
    const spec = path.request;
    if (spec?.kind === 'dns') return new DnsRequests(path, spec, events, clock, done);
    if (spec?.kind !== 'http') throw new RangeError(`${path.name} has no request`);
    const place = {
      path,
      spec,
      url: new URL(spec.url),
      moved: (addresses: readonly string[]) => {
        if (moved.has(path.name)) return;
        moved.add(path.name);
        events.warn(
          'W_MOVED',
          `${spec.url} now has the address ${addresses.join(', ')}; ${path.address} is still asked`,
        );
      },
    };
    const Kind = spec.version === '2' ? Http2Requests : Http1Requests;
    return new Kind(place, events, clock, done);
  });
  return new RequestMeans(plan.paths, routes, footprintOf(plan, true), senders, open);
};

class RequestMeans implements Means {
  readonly limits = LIMITS;
  readonly precise = true;
  readonly captureLosses = 0;
  readonly hello: Means['hello'];

  constructor(
    paths: readonly PlannedPath[],
    routes: readonly Route[],
    footprint: Means['hello']['footprint'],
    private readonly senders: readonly Sender[],
    private readonly open: Map<string, OpenRequest>,
  ) {
    this.hello = {
      transmitVia: [...new Set(paths.map(({ protocol }) => protocol))].join(', '),
      receiveVia: 'event loop',
      paths: paths.map((_, path) => ({
        path,
        interface: routes[path]?.interface ?? '?',
        source: routes[path]?.source ?? '?',
        sourcePorts: null,
      })),
      footprint,
    };
  }

  send(probe: Probe): void {
    const sender = this.senders[probe.path];
    if (!sender) throw new RangeError(`no path ${probe.path}`);
    const request = sender.send(probe);
    if (!request.settled) this.open.set(keyOf(probe.train, probe.k), request);
  }

  describe(train: number, k: number): RequestDetail | undefined {
    return this.open.get(keyOf(train, k))?.marks.detail();
  }

  forget(train: number, k: number): void {
    const key = keyOf(train, k);
    this.open.get(key)?.drop();
    this.open.delete(key);
  }

  close(): void {
    for (const request of this.open.values()) request.drop();
    this.open.clear();
    for (const sender of this.senders) sender.close();
  }
}

const keyOf = (train: number, k: number): string => `${train}/${k}`;

function refuseOther(path: PlannedPath): void {
  const refused = (what: string) =>
    new CodedError('E_ENGINE', `${path.name}: the request engine ${what}`, 'use --engine helper for packets', 2);
  if (path.request === undefined || (path.protocol !== 'http' && path.protocol !== 'dns'))
    throw refused(`sends no ${path.protocol.toUpperCase()} probes`);
  if (path.request.kind !== path.protocol) throw refused(`was given a request of ${path.request.kind}`);
  if (path.flows !== 1 || path.freshPerSecond > 0) throw refused('has no fixed flows');
  if (path.interface !== undefined) throw refused('cannot choose the interface');
  if (path.ttl !== undefined) throw refused('cannot choose the TTL');
}
