import { lookup } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PlannedPath } from '../../model/plan.js';
import type { HttpRequestSpec } from '../../model/request.js';
import type { Clock } from '../node-prober/clock.js';
import type { OpenRequest } from './open-request.js';
import type { PhaseMarks } from './phase-marks.js';

/** What connections of one path are made with. */
export interface ConnectionPlace {
  readonly path: PlannedPath;
  readonly spec: HttpRequestSpec;
  readonly url: URL;
  /** The name now has other addresses than when the run began. */
  moved(addresses: readonly string[]): void;
}

/** Which phase a request on a new connection begins with. */
export function firstPhase({ spec, url }: ConnectionPlace): 'dns' | 'connect' {
  return spec.lookup && isIP(hostOf(url)) === 0 ? 'dns' : 'connect';
}

/**
 * A new connection to the address of the path, whose phases are noted, for a request that leaves with its first packet
 * where no name is looked up before: Node.js gives that packet to the kernel only when the turn is over that asked for it.
 * The name is looked up to time it, and the connection goes to the address that the path was planned with, to which the
 * SYN probes beside it go too.
 */
export function openConnection(
  place: ConnectionPlace,
  request: Pick<OpenRequest, 'leaves'> & { readonly marks: Pick<PhaseMarks, 'enter'> },
  clock: Pick<Clock, 'nowNs'>,
): { readonly socket: Socket; readonly raw: Socket } {
  const { path, spec, url } = place;
  const { marks } = request;
  const secure = url.protocol === 'https:';
  const host = hostOf(url);
  const name = isIP(host) === 0 ? host : undefined;
  const base = {
    host: firstPhase(place) === 'dns' ? host : path.address,
    port: path.port ?? 0,
    autoSelectFamily: false,
    lookup: pinned(place),
    noDelay: true,
    ...(path.source === undefined ? {} : { localAddress: path.source }),
  };
  const raw = connectTcp(base);
  const socket = secure
    ? connectTls({
        socket: raw,
        ...(name === undefined ? {} : { servername: name }),
        rejectUnauthorized: !spec.insecure,
        ALPNProtocols: spec.version === '2' ? ['h2'] : ['http/1.1'],
      })
    : raw;
  if (firstPhase(place) === 'connect') raw.once('connectionAttempt', () => request.leaves(clock.nowNs()));
  raw.once('lookup', () => marks.enter('connect'));
  raw.once('connect', () => marks.enter(secure ? 'tls' : 'first-byte'));
  if (secure) socket.once('secureConnect', () => marks.enter('first-byte'));
  return { socket, raw };
}

function pinned(place: ConnectionPlace): LookupFunction {
  const { address } = place.path;
  const family = isIP(address) === 6 ? 6 : 4;
  return (host, _options, callback) => {
    lookup(host, { all: true, family }, (error, found) => {
      if (error !== null) return callback(error, '', family);
      if (!found.some((one) => one.address === address)) place.moved(found.map((one) => one.address));
      callback(null, address, family);
    });
  };
}

/** Without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
