import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { hasOwnPort, type RequestPhase } from '../../model/request.js';
import type { Clock } from '../node-prober/clock.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';
import { type ConnectionPlace, firstPhase, openConnection } from './http-connection.js';
import { OpenRequest } from './open-request.js';
import { PhaseMarks } from './phase-marks.js';

/** Of the head of HTTP/1.1 that mean nothing here, and that a request with them is not sent for (RFC 9113, section 8.2.2). */
const OF_CONNECTIONS = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** A connection, and the requests that wait until it is there. */
interface Connection {
  readonly session: ClientHttp2Session;
  readonly waiting: OpenRequest[];
}

/** Sends the requests of one path over HTTP/2: streams of one connection, or a connection for each. */
export class Http2Requests {
  #kept: Connection | undefined;

  constructor(
    private readonly place: ConnectionPlace,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
    private readonly done: (request: OpenRequest) => void,
  ) {}

  send(probe: Probe): OpenRequest {
    const open = this.place.spec.keepAlive ? this.#usable() : undefined;
    const sentNs = this.clock.nowNs();
    // Of a connection that is being made it waits for what is left.
    const [opener] = open?.waiting ?? [];
    const first = opener?.marks.phase ?? (open ? 'first-byte' : firstPhase(this.place));
    const marks = new PhaseMarks(this.clock, first === 'done' ? 'first-byte' : first, sentNs);
    marks.reused = open !== undefined && opener === undefined;
    const request = new OpenRequest(probe, marks, this.events, this.done, hasOwnPort(this.place.spec));
    const { session, waiting } = open ?? this.#connect(request);
    if (session.connecting) waiting.push(request);
    try {
      this.#follow(
        request,
        session,
        session.request(this.#headers(), { endStream: this.place.spec.body === undefined }),
      );
    } catch (error) {
      // Headers that HTTP/2 cannot have. Never within the call that sends: nobody knows of the request yet.
      setImmediate(() => request.failed(error as NodeJS.ErrnoException, this.clock.nowNs()));
    }
    // On a new connection to an address it leaves with that.
    if (open !== undefined || firstPhase(this.place) === 'dns') request.leaves(this.clock.nowNs());
    return request;
  }

  close(): void {
    this.#kept?.session.destroy();
  }

  #usable(): Connection | undefined {
    const kept = this.#kept;
    return kept !== undefined && !kept.session.closed && !kept.session.destroyed ? kept : undefined;
  }

  #connect(request: OpenRequest): Connection {
    const waiting: OpenRequest[] = [];
    const marks = {
      enter: (next: RequestPhase) => {
        for (const one of waiting) one.marks.enter(next);
      },
    };
    const leaves = (nowNs: number): void => request.leaves(nowNs);
    const session = connect(this.place.url.origin, {
      createConnection: () => openConnection(this.place, { marks, leaves }, this.clock).socket,
    });
    const all = (told: (one: OpenRequest) => void): void => {
      for (const one of waiting.splice(0)) told(one);
    };
    session.once('connect', () => all(() => {}));
    // Streams tell of it too, but not why; without a listener it would end the process.
    session.on('error', (error: NodeJS.ErrnoException) => all((one) => one.failed(error, this.clock.nowNs())));
    const connection = { session, waiting };
    if (this.place.spec.keepAlive) this.#kept = connection;
    return connection;
  }

  #follow(request: OpenRequest, session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    request.abort = () => {
      stream.close(constants.NGHTTP2_CANCEL);
      if (!this.place.spec.keepAlive) session.destroy();
    };
    let status = 0;
    stream.once('response', (headers) => {
      status = Number(headers[':status'] ?? 0);
      request.marks.enter('body');
    });
    stream.on('data', (chunk: Buffer) => {
      request.marks.bytes += chunk.length;
    });
    stream.once('end', () => {
      if (status > 0) request.answered(status);
      if (!this.place.spec.keepAlive) session.close();
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A stream that its connection took along has why in its cause.
      const { cause } = error;
      request.failed(cause instanceof Error ? cause : error, this.clock.nowNs());
    });
    stream.once('close', () => {
      if (!request.settled)
        request.failed(Object.assign(new Error('cut off'), { code: 'ECONNRESET' }), this.clock.nowNs());
    });
    if (this.place.spec.body !== undefined) stream.end(this.place.spec.body);
  }

  #headers(): Record<string, string | string[]> {
    const { spec, url } = this.place;
    const headers: Record<string, string | string[]> = {
      ':method': spec.method,
      ':path': `${url.pathname}${url.search}`,
      ':scheme': url.protocol.slice(0, -1),
      ':authority': spec.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? url.host,
      'user-agent': 'rxray',
      accept: '*/*',
    };
    const given: Record<string, string[]> = {};
    for (const [name, value] of spec.headers) {
      const key = name.toLowerCase();
      if (OF_CONNECTIONS.has(key) || (key === 'te' && value !== 'trailers')) continue;
      given[key] = [...(given[key] ?? []), value];
    }
    return {
      ...headers,
      ...Object.fromEntries(
        Object.entries(given).map(([key, all]) => [key, all.length > 1 ? all : (all[0] as string)]),
      ),
    };
  }
}
