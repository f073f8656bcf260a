import { Outcomes, REPLIES } from '../../model/sample.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';
import type { AnswerInstants, PhaseMarks } from './phase-marks.js';

const RESPONSE = REPLIES.indexOf('response');
const RST = REPLIES.indexOf('rst');
const UNREACHABLE = REPLIES.indexOf('unreachable');
const NONE = REPLIES.indexOf('none');

/** Refusals of this machine: the request never left. */
const OWN_REFUSALS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENETUNREACH', 'EPERM']);

/** A request under way, from its send to what became of it. */
export class OpenRequest {
  #settled = false;
  #isSent = false;
  /** Its answer is there, and since when is yet to be known. */
  isHeld = false;
  /** Ends what it holds; set by what sends it. */
  abort: () => void = () => {};

  constructor(
    readonly probe: Probe,
    readonly marks: PhaseMarks,
    private readonly events: ProbeEvents,
    private readonly done: (request: OpenRequest) => void,
    /** It has a port of its own, as each new connection has. */
    private readonly ownPort: boolean,
  ) {}

  /** It leaves now, unless it has left already. */
  leaves(nowNs: number): void {
    if (this.#isSent) return;
    this.marks.left(nowNs);
    this.sent();
  }

  /** It has left, at the instant that its marks tell. */
  sent(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.events.sent(this.probe.train, this.probe.k, this.marks.sentNs, this.ownPort);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /**
   * The last byte of the answer is there.
   * @param atNs since when, where that is known better than by now
   * @param kernel the same and what was before it, by the kernel's stamps
   */
  answered(status: number, atNs?: number, kernel?: AnswerInstants): void {
    if (this.#settled) return;
    this.marks.status = status;
    const endNs = this.marks.end(atNs);
    const receivedNs = kernel === undefined ? endNs : this.marks.restamp(kernel);
    this.#settle(Outcomes.reply, RESPONSE, receivedNs);
  }

  /** It failed, other than by silence. */
  failed(error: NodeJS.ErrnoException, nowNs: number): void {
    if (this.#settled) return;
    const code = error.code ?? error.name;
    this.marks.failure = code.slice(0, 40);
    if (OWN_REFUSALS.has(code) && (this.marks.phase === 'dns' || this.marks.phase === 'connect')) {
      this.#settled = true;
      this.events.failed(this.probe.train, this.probe.k, Math.abs(error.errno ?? 0));
      this.done(this);
      return;
    }
    this.#settle(Outcomes.error, replyOf(code), nowNs);
  }

  /** Nothing more is expected of it. */
  drop(): void {
    this.#settled = true;
    this.abort();
  }

  #settle(outcome: number, reply: number, receivedNs: number): void {
    this.sent();
    this.#settled = true;
    const { train, k } = this.probe;
    this.events.answered(train, k, { outcome, reply, ttl: 0, icmpType: 0, icmpCode: 0, receivedNs });
    this.done(this);
  }
}

function replyOf(code: string): number {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE') return RST;
  return code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? UNREACHABLE : NONE;
}
