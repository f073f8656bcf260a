import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Clock } from '../node-prober/clock.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';
import { type ConnectionPlace, firstPhase, openConnection } from './http-connection.js';
import { OpenRequest } from './open-request.js';
import { PhaseMarks } from './phase-marks.js';

/** Of the head of HTTP/1.1 that mean nothing here. */
const OF_CONNECTIONS = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Sends the requests of one path over HTTP/2: streams of one connection, or a connection for each. */
export class Http2Requests {
  #session: ClientHttp2Session | undefined;

  constructor(
    private readonly place: ConnectionPlace,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
    private readonly done: (request: OpenRequest) => void,
  ) {}

  send(probe: Probe): OpenRequest {
    const open = this.place.spec.keepAlive ? this.#usable() : undefined;
    const sentNs = this.clock.nowNs();
    const marks = new PhaseMarks(this.clock, open ? 'first-byte' : firstPhase(this.place), sentNs);
    marks.reused = open !== undefined;
    const request = new OpenRequest(probe, marks, this.events, this.done, !this.place.spec.keepAlive);
    const session = open ?? this.#connect(request);
    const stream = session.request(this.#headers(), { endStream: this.place.spec.body === undefined });
    request.abort = () => {
      stream.close(constants.NGHTTP2_CANCEL);
      if (!this.place.spec.keepAlive) session.destroy();
    };
    this.#follow(request, session, stream);
    // On a new connection to an address it leaves with that.
    if (open !== undefined || firstPhase(this.place) === 'dns') request.leaves(this.clock.nowNs());
    return request;
  }

  close(): void {
    this.#session?.destroy();
  }

  #usable(): ClientHttp2Session | undefined {
    const session = this.#session;
    return session !== undefined && !session.closed && !session.destroyed && !session.connecting ? session : undefined;
  }

  #connect(request: OpenRequest): ClientHttp2Session {
    const session = connect(this.place.url.origin, {
      createConnection: () => openConnection(this.place, request, this.clock).socket,
    });
    // Streams tell of it; without a listener it would end the process.
    session.on('error', (error: NodeJS.ErrnoException) => request.failed(error, this.clock.nowNs()));
    if (this.place.spec.keepAlive) this.#session = session;
    return session;
  }

  #follow(request: OpenRequest, session: ClientHttp2Session, stream: ClientHttp2Stream): void {
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
    stream.once('error', (error: NodeJS.ErrnoException) => request.failed(error, this.clock.nowNs()));
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
    for (const [name, value] of spec.headers) {
      const key = name.toLowerCase();
      if (!OF_CONNECTIONS.has(key)) headers[key] = value;
    }
    return headers;
  }
}
