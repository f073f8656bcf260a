import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import type { Socket } from 'node:net';
import { hasOwnPort } from '../../model/request.js';
import type { Clock } from '../node-prober/clock.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';
import type { AnswerStamps } from './answer-stamps.js';
import { type ConnectionPlace, firstPhase, hostOf, openConnection } from './http-connection.js';
import { OpenRequest } from './open-request.js';
import { PhaseMarks } from './phase-marks.js';
import { StampedReads } from './stamped-reads.js';

/** What may be sent twice (RFC 9110, section 9.2.2); another may have been carried out. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** With the request whose phases its connection, where it gets a new one, is to note. */
type MarkedOptions = RequestOptions & { readonly asked?: OpenRequest };

/** Keeps connections as Node.js does, and makes new ones that tell of their phases. */
class MarkingAgent extends Agent {
  constructor(
    private readonly place: ConnectionPlace,
    private readonly clock: Clock,
    private readonly reads: StampedReads,
    private readonly stamps: AnswerStamps | undefined,
  ) {
    // As many connections as there are unanswered requests: an answer that is late holds no other back.
    super({ keepAlive: place.spec.keepAlive, scheduling: 'lifo', maxSockets: Number.POSITIVE_INFINITY });
  }

  override createConnection(options: MarkedOptions): Socket {
    if (options.asked === undefined) throw new TypeError('a connection for no request');
    const { socket, raw } = openConnection(this.place, options.asked, this.clock);
    this.stamps?.follow(this.place.path, socket, raw);
    return this.reads.stamp(socket, raw);
  }
}

/** Sends the requests of one path over HTTP/1.1, each at its time. */
export class Http1Requests {
  readonly #agent: Agent;
  readonly #reads: StampedReads;
  readonly #headers: readonly string[];

  constructor(
    private readonly place: ConnectionPlace,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
    private readonly done: (request: OpenRequest) => void,
    private readonly stamps?: AnswerStamps,
  ) {
    this.#reads = new StampedReads(clock);
    this.#agent = new MarkingAgent(place, clock, this.#reads, stamps);
    this.#headers = headersOf(place);
  }

  send(probe: Probe): OpenRequest {
    const marks = new PhaseMarks(this.clock, firstPhase(this.place), this.clock.nowNs());
    const request = new OpenRequest(probe, marks, this.events, this.done, hasOwnPort(this.place.spec));
    this.#start(request);
    // The look-up of a name begins with this turn's end; what needs none leaves with its connection.
    if (firstPhase(this.place) === 'dns') request.leaves(this.clock.nowNs());
    return request;
  }

  close(): void {
    this.#reads.close();
    this.#agent.destroy();
  }

  #start(request: OpenRequest): void {
    const { spec, url, path } = this.place;
    const { marks } = request;
    const options: MarkedOptions = {
      method: spec.method,
      path: `${url.pathname}${url.search}`,
      host: hostOf(url),
      port: path.port,
      headers: this.#headers as unknown as NonNullable<RequestOptions['headers']>,
      agent: this.#agent,
      asked: request,
    };
    let message: ClientRequest;
    try {
      message = httpRequest(options);
    } catch (error) {
      // Never within the call that sends: nobody knows of the request yet.
      setImmediate(() => request.failed(error as NodeJS.ErrnoException, this.clock.nowNs()));
      return;
    }
    request.abort = () => message.destroy();
    message.once('socket', () => {
      if (!message.reusedSocket) return;
      request.leaves(this.clock.nowNs());
      marks.reused = true;
      marks.beginWith('first-byte');
    });
    message.once('response', (response) => this.#read(request, response));
    message.once('upgrade', (response, socket) => {
      // The answer is whole with its head, and the connection is HTTP no longer.
      request.marks.enter('body', this.#reads.lastOf(response.socket)?.atNs);
      request.answered(response.statusCode ?? 0);
      socket.destroy();
    });
    message.once('error', (error: NodeJS.ErrnoException) => this.#failed(request, error));
    message.end(spec.body);
  }

  #failed(request: OpenRequest, error: NodeJS.ErrnoException): void {
    const { marks } = request;
    const closed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    const again = IDEMPOTENT.has(this.place.spec.method);
    if (closed && again && marks.reused && !marks.retried && marks.phase === 'first-byte' && !request.settled) {
      // The server had closed it while it lay idle: to be sent again on a new one (RFC 9112, section 9.3.1).
      marks.retried = true;
      marks.again(firstPhase(this.place));
      this.#start(request);
      return;
    }
    request.failed(error, this.clock.nowNs());
  }

  #read(request: OpenRequest, response: IncomingMessage): void {
    const { marks } = request;
    const { socket } = response;
    const head = this.#reads.lastOf(socket);
    marks.enter('body', head?.atNs);
    response.on('data', (chunk: Buffer) => {
      marks.bytes += chunk.length;
    });
    response.once('end', () => {
      if (response.complete) this.#answered(request, response.statusCode ?? 0, socket, head?.first);
    });
    response.once('error', (error: NodeJS.ErrnoException) => request.failed(error, this.clock.nowNs()));
  }

  /** It counts once it is known when the kernel had it, where that is to be known. */
  #answered(request: OpenRequest, status: number, socket: Socket, first: number | undefined): void {
    const tail = this.#reads.lastOf(socket);
    const atNs = tail?.atNs ?? this.clock.nowNs();
    if (this.stamps === undefined || first === undefined || tail === undefined) {
      request.answered(status, atNs);
      return;
    }
    request.isHeld = true;
    this.stamps.whenSeen(socket, { first, last: tail.last }, (kernel) => request.answered(status, atNs, kernel));
  }
}

/** Names and values in turn: given as a list, Node.js adds none of its own. */
function headersOf({ spec, url }: ConnectionPlace): string[] {
  const given = new Set(spec.headers.map(([name]) => name.toLowerCase()));
  const own: [string, string][] = [
    ['Host', url.host],
    ['User-Agent', 'rxray'],
    ['Accept', '*/*'],
    ['Connection', spec.keepAlive ? 'keep-alive' : 'close'],
  ];
  if (spec.body !== undefined && !given.has('transfer-encoding'))
    own.push(['Content-Length', String(Buffer.byteLength(spec.body))]);
  return [...own.filter(([name]) => !given.has(name.toLowerCase())), ...spec.headers].flat();
}
