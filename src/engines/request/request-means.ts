import { CodedError } from '../../model/errors.js';
import type { PlannedPath, ProbePlan } from '../../model/plan.js';
import type { RequestDetail } from '../../model/request.js';
import type { Transport } from '../../transports/transport.js';
import type { Clock } from '../node-prober/clock.js';
import { footprintOf } from '../node-prober/footprint.js';
import type { Means, OpenMeans, Probe, ProbeEvents } from '../node-prober/means.js';
import { findRoute, type Route } from '../node-prober/route.js';
import { AnswerStamps } from './answer-stamps.js';
import { DnsRequests } from './dns-requests.js';
import { Http1Requests } from './http1-requests.js';
import { Http2Requests } from './http2-requests.js';
import type { OpenRequest } from './open-request.js';

/** @param why there are no stamps of the kernel; `undefined` where there are */
const limitsOf = (why: string | undefined): string[] => [
  why === undefined
    ? "requests: answers of HTTP/1.1 have the kernel's stamps where answerStamps says so; sends, HTTP/2 and DNS are stamped on an event loop, 0.1 to 0.3 ms late as a rule, whose pauses are recorded, and findings in them count as self-inflicted"
    : `requests: stamps are user-space clock readings on an event loop, 0.1 to 0.3 ms late as a rule (${why}); while the loop stands still no answer is stamped, such intervals are recorded as pauses, and findings in them count as self-inflicted`,
];

/** Sends the requests of one path. */
interface Sender {
  send(probe: Probe): OpenRequest;
  close(): void;
}

/**
 * Opens what sends requests: connections of Node.js, and sockets for DNS.
 * @param helper starts the one that hears answers, or why there is none
 */
export const openRequests =
  (helper: Transport | string): OpenMeans =>
  async (plan, events, clock, sendDue) => {
    if (plan.timestamps === 'hw' || plan.timestamps === 'kernel')
      throw new CodedError(
        'E_TIMESTAMPS',
        'requests have no time stamps of kernel or card',
        'leave --timestamps out',
        2,
      );
    for (const path of plan.paths) refuseOther(path);
    const routes = await Promise.all(plan.paths.map(findRoute));
    const stamps = await answerStamps(helper, plan, events, clock);
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
      if (spec.version === '2') return new Http2Requests(place, events, clock, done);
      return new Http1Requests(place, events, clock, done, typeof stamps === 'string' ? undefined : stamps);
    });
    return new RequestMeans(plan.paths, routes, footprintOf(plan, true), senders, open, stamps);
  };

/** The kernel's stamps of answers, or why there are none. */
async function answerStamps(
  helper: Transport | string,
  plan: ProbePlan,
  events: ProbeEvents,
  clock: Clock,
): Promise<AnswerStamps | string> {
  if (plan.timestamps === 'user') return '--timestamps user';
  if (typeof helper === 'string') return helper;
  if (!plan.paths.some(({ request }) => request?.kind === 'http' && request.version === '1.1'))
    return 'only answers of HTTP/1.1 can have others';
  return AnswerStamps.open(helper, plan.paths, clock, (why) =>
    events.warn('W_STAMPS', `answers have no kernel stamps from now on: ${why}`),
  );
}

class RequestMeans implements Means {
  readonly limits: Means['limits'];
  readonly precise = true;
  readonly captureLosses = 0;
  readonly hello: Means['hello'];

  constructor(
    paths: readonly PlannedPath[],
    routes: readonly Route[],
    footprint: Means['hello']['footprint'],
    private readonly senders: readonly Sender[],
    private readonly open: Map<string, OpenRequest>,
    private readonly stamps: AnswerStamps | string,
  ) {
    this.limits = limitsOf(typeof stamps === 'string' ? stamps : undefined);
    this.hello = {
      transmitVia: [...new Set(paths.map(({ protocol }) => protocol))].join(', '),
      receiveVia: typeof stamps === 'string' ? 'event loop' : 'event loop, packet ring for stamps',
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

  holdsBack(train: number, k: number): boolean {
    return this.open.get(keyOf(train, k))?.isHeld === true;
  }

  settle(): void {
    if (typeof this.stamps !== 'string') this.stamps.settleAll();
  }

  close(): void {
    if (typeof this.stamps !== 'string') this.stamps.close();
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
