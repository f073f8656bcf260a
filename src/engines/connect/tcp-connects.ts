import { Socket } from 'node:net';
import type { PlannedPath } from '../../model/plan.js';
import { present } from '../../model/present.js';
import { Outcomes, REPLIES } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import type { Clock } from '../node-prober/clock.js';
import type { Answer, Probe, ProbeEvents } from '../node-prober/means.js';

/** A connect is let go after so long; until then the kernel repeats its SYN, up to the one after 7 s. */
export const LONGEST_CONNECT_NS = 8 * SECOND;

const SYN_ACK = REPLIES.indexOf('syn-ack');
const RST = REPLIES.indexOf('rst');
const UNREACHABLE = REPLIES.indexOf('unreachable');
/** What a router's answer becomes; the same codes without one mean that this machine refuses. */
const ANSWERED_BY_ICMP = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENOPROTOOPT', 'EPROTO']);
const PORT_TAKEN = new Set(['EADDRINUSE', 'EADDRNOTAVAIL']);

interface Pending {
  readonly socket: Socket;
  readonly startedNs: number;
}

/** Times the connects of SYN paths. */
export class TcpConnects {
  /** Ports of flows whose connect is not over. */
  readonly #busy = new Set<number>();
  /** In the order of starting. */
  readonly #pending = new Set<Pending>();

  constructor(
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Starts a connect. Its port can have one at a time; while that waits, a further probe of the flow goes from a port
   * that the kernel chooses, and says so.
   * @param port of the flow; none for a probe of its own
   */
  start(probe: Probe, path: PlannedPath, port?: number): void {
    this.#letGo();
    const pinned = port !== undefined && !this.#busy.has(port) ? port : undefined;
    if (pinned !== undefined) this.#busy.add(pinned);
    const { train, k } = probe;
    const socket = new Socket();
    const pending: Pending = { socket, startedNs: this.clock.nowNs() };
    this.#pending.add(pending);
    let sent = false;
    let starting = true;
    setImmediate(() => {
      starting = false;
    });
    // Told just before the system call.
    socket.once('connectionAttempt', () => {
      sent = true;
      this.events.sent(train, k, this.clock.nowNs(), pinned === undefined);
    });
    socket.once('connect', () => {
      this.#answered(train, k, Outcomes.reply, SYN_ACK);
      // RST instead of FIN, as otherwise the port would rest for a minute.
      socket.resetAndDestroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? '';
      if (code === 'ECONNREFUSED') this.#answered(train, k, Outcomes.reply, RST);
      else if (sent && !starting && ANSWERED_BY_ICMP.has(code)) this.#answered(train, k, Outcomes.error, UNREACHABLE);
      else if (starting && pinned !== undefined && PORT_TAKEN.has(code)) this.start(probe, path);
      else if (starting) this.events.failed(train, k, Math.abs(error.errno ?? 0));
    });
    socket.once('close', () => {
      this.#pending.delete(pending);
      if (pinned !== undefined) this.#busy.delete(pinned);
    });
    socket.connect({
      host: path.address,
      port: path.port ?? 0,
      autoSelectFamily: false,
      ...present({ localPort: pinned, localAddress: path.source }),
    });
  }

  close(): void {
    for (const { socket } of this.#pending) socket.destroy();
  }

  #answered(train: number, k: number, outcome: number, reply: number): void {
    const answer: Answer = { outcome, reply, ttl: 0, icmpType: 0, icmpCode: 0, receivedNs: this.clock.nowNs() };
    this.events.answered(train, k, answer);
  }

  #letGo(): void {
    const oldestNs = this.clock.nowNs() - LONGEST_CONNECT_NS - 500 * MS;
    for (const { socket, startedNs } of this.#pending) {
      if (startedNs >= oldestNs) break;
      socket.destroy();
    }
  }
}
