import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import type { PlannedPath } from '../../model/plan.js';
import { type DnsRequestSpec, hasOwnPort } from '../../model/request.js';
import { MS } from '../../model/time.js';
import type { Clock } from '../node-prober/clock.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';
import { type DnsAnswer, decodeAnswer, encodeQuery } from './dns-message.js';
import { OpenRequest } from './open-request.js';
import { PhaseMarks } from './phase-marks.js';

const NO_SUCH_NAME = 3;

interface Waiting {
  readonly request: OpenRequest;
  readonly heard: (answer: DnsAnswer) => void;
}

/** How the questions of one name travel. */
interface Carrier {
  /** @param heard called with each message that comes back */
  send(questions: readonly Buffer[]): void;
  close(): void;
}

/**
 * Asks for names as a system's resolver does (resolv.conf(5)): A and AAAA at once from one socket, again after the time
 * limit, over TCP what UDP cannot carry, and then the next name of the search list. One sample is one name as the
 * program that asked waited for it.
 */
export class DnsRequests {
  #nextId = Math.floor(Math.random() * 0x1_0000);
  #fixed: UdpSocket | undefined;
  /** Of the socket with the fixed port: who waits for which answer. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly path: PlannedPath,
    private readonly spec: DnsRequestSpec,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
    private readonly done: (request: OpenRequest) => void,
  ) {
    if (spec.way === 'udp-fixed')
      this.#fixed = this.#udp(
        (message) => this.#dispatch(message),
        (error) => {
          for (const { request } of [...this.#waiting.values()]) request.failed(error, this.clock.nowNs());
        },
      );
  }

  send(probe: Probe): OpenRequest {
    const first = this.spec.way === 'tcp' ? 'connect' : 'first-byte';
    const marks = new PhaseMarks(this.clock, first, this.clock.nowNs());
    const request = new OpenRequest(probe, marks, this.events, this.done, hasOwnPort(this.spec));
    request.sent();
    const lookup = new Lookup(request, this.spec, this.clock, {
      takeId: () => this.#takeId(),
      carrier: (heard) => (this.spec.way === 'tcp' ? this.#tcp(request, heard) : this.#datagrams(request, heard)),
      // RFC 1035, section 4.2.1, and RFC 7766: an answer that UDP cut short is asked for over TCP.
      stream: (heard) => (this.spec.way === 'tcp' ? undefined : this.#tcp(request, heard)),
    });
    request.abort = () => lookup.end();
    lookup.start();
    return request;
  }

  close(): void {
    this.#fixed?.close();
    this.#fixed = undefined;
  }

  #takeId(): number {
    this.#nextId = (this.#nextId + 1) & 0xffff;
    return this.#nextId;
  }

  #datagrams(request: OpenRequest, heard: (answer: DnsAnswer) => void): Carrier {
    const failed = (error: NodeJS.ErrnoException): void => request.failed(error, this.clock.nowNs());
    const own = this.#fixed === undefined ? this.#udp((message) => take(message, heard), failed) : undefined;
    const socket = own ?? this.#fixed;
    const ids: number[] = [];
    return {
      send: (questions) => {
        for (const question of questions) {
          const id = question.readUInt16BE(0);
          ids.push(id);
          if (own === undefined) this.#waiting.set(id, { request, heard });
          socket?.send(question, (error) => {
            if (error !== null) failed(error);
          });
        }
      },
      close: () => {
        for (const id of ids) this.#waiting.delete(id);
        own?.close();
      },
    };
  }

  /** Connected, as those of glibc and Go: answers of others are not taken, and a closed port is known at once. */
  #udp(heard: (message: Buffer) => void, failed: (error: NodeJS.ErrnoException) => void): UdpSocket {
    const socket = createSocket({
      type: isIPv6(this.path.address) ? 'udp6' : 'udp4',
      // An address is its own answer, at once: the first question leaves in the turn that it is due in.
      lookup: (address, _options, found) => found(null, address, isIPv6(address) ? 6 : 4),
    });
    socket.on('message', heard);
    socket.on('error', failed);
    socket.connect(this.path.port ?? 53, this.path.address);
    return socket;
  }

  #dispatch(message: Buffer): void {
    const answer = decodeAnswer(message);
    const waiting = answer === undefined ? undefined : this.#waiting.get(answer.id);
    if (answer !== undefined && waiting !== undefined) waiting.heard(answer);
    else this.events.stray();
  }

  #tcp(request: OpenRequest, heard: (answer: DnsAnswer) => void): Carrier {
    const socket: Socket = connect({ host: this.path.address, port: this.path.port ?? 53, noDelay: true });
    let rest = Buffer.alloc(0);
    socket.once('connect', () => request.marks.enter('first-byte'));
    socket.on('error', (error: NodeJS.ErrnoException) => request.failed(error, this.clock.nowNs()));
    socket.once('end', () =>
      request.failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' }), this.clock.nowNs()),
    );
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const bytes = rest.readUInt16BE(0);
        take(rest.subarray(2, 2 + bytes), heard);
        rest = rest.subarray(2 + bytes);
      }
    });
    return {
      send: (questions) => {
        const framed = questions.flatMap((question) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(question.length);
          return [length, question];
        });
        socket.write(Buffer.concat(framed));
      },
      close: () => socket.destroy(),
    };
  }
}

function take(message: Buffer, heard: (answer: DnsAnswer) => void): void {
  const answer = decodeAnswer(message);
  if (answer !== undefined) heard(answer);
}

interface LookupMeans {
  takeId(): number;
  carrier(heard: (answer: DnsAnswer) => void): Carrier;
  /** For what does not fit; undefined where it is carried by such a one already. */
  stream(heard: (answer: DnsAnswer) => void): Carrier | undefined;
}

/** One name on its way: its questions, their repetitions, the names of the search list. */
class Lookup {
  readonly #carrier: Carrier;
  #stream: Carrier | undefined;
  /** Of these the answer did not fit. */
  readonly #cut = new Set<number>();
  /** Questions of the name now asked for that have no answer yet, by their id. */
  #open = new Map<number, Buffer>();
  #name = 0;
  #attempt = 0;
  #codes: number[] = [];
  #records = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: OpenRequest,
    private readonly spec: DnsRequestSpec,
    private readonly clock: Clock,
    private readonly means: LookupMeans,
  ) {
    this.#carrier = means.carrier((answer) => this.#heard(answer));
    request.marks.queries = 0;
    request.marks.unanswered = 0;
  }

  start(): void {
    this.#ask();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#carrier.close();
    this.#stream?.close();
  }

  #ask(): void {
    const name = this.spec.names[this.#name] ?? '';
    const questions = this.spec.types.map((type) => encodeQuery(this.means.takeId(), name, type));
    this.#open = new Map(questions.map((question) => [question.readUInt16BE(0), question]));
    this.#codes = [];
    this.#records = 0;
    this.#attempt = 1;
    this.#send(questions);
  }

  #send(questions: readonly Buffer[]): void {
    const { marks } = this.request;
    marks.queries = (marks.queries ?? 0) + questions.length;
    marks.unanswered = (marks.unanswered ?? 0) + questions.length;
    this.#carrier.send(questions);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), this.spec.timeoutNs / MS);
  }

  /** The time limit is over: both are asked again, as glibc and musl do, whichever was lost. */
  #again(): void {
    if (this.request.settled) return;
    if (this.#attempt >= this.spec.attempts) {
      this.request.failed(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }), this.clock.nowNs());
      return;
    }
    this.#attempt += 1;
    this.#send([...this.#open.values()]);
  }

  #heard(answer: DnsAnswer): void {
    const question = this.#open.get(answer.id);
    if (question === undefined || (answer.truncated && this.#cut.has(answer.id))) return;
    if (answer.truncated && this.#askByStream(answer.id, question)) return;
    this.#open.delete(answer.id);
    const { marks } = this.request;
    marks.unanswered = Math.max(0, (marks.unanswered ?? 0) - 1);
    this.#codes.push(answer.rcode);
    this.#records += answer.answers;
    if (this.#open.size > 0) return;
    const exists = this.#records > 0 && this.#codes.includes(0);
    // Of a name with records one type may be missing, whichever code a server has for that.
    const code = Math.max(...this.#codes.filter((one) => !exists || one !== NO_SUCH_NAME));
    if (!exists && this.#name + 1 < this.spec.names.length && (code === 0 || code === NO_SUCH_NAME)) {
      this.#name += 1;
      this.#ask();
      return;
    }
    // Whoever sent it ends it then.
    this.request.answered(code);
  }

  /** @returns whether there is a way that carries more */
  #askByStream(id: number, question: Buffer): boolean {
    this.#stream ??= this.means.stream((answer) => this.#heard(answer));
    if (this.#stream === undefined) return false;
    const { marks } = this.request;
    this.#cut.add(id);
    marks.retried = true;
    // One more was sent, and one more was answered.
    marks.queries = (marks.queries ?? 0) + 1;
    this.#stream.send([question]);
    return true;
  }
}
