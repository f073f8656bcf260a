import type { ProberHello } from '../../model/engine-event.js';
import type { ProbePlan } from '../../model/plan.js';
import type { RequestDetail } from '../../model/request.js';
import type { Clock } from './clock.js';

/** One probe, as its slot of the grid asks for it. */
export interface Probe {
  /** Names the probe together with `k`: 2 · path, plus 1 for the fresh ports. */
  readonly train: number;
  /** Counts the slots of the train. */
  readonly k: number;
  readonly path: number;
  readonly fresh: boolean;
  readonly seq: number;
  readonly flow: number;
}

/** What answered a probe. Outcome and reply are codes of the model. */
export interface Answer {
  readonly outcome: number;
  readonly reply: number;
  /** 0 where the means cannot tell. */
  readonly ttl: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Numeric address of the sender of an ICMP error, where the means tell it. */
  readonly router?: string;
  readonly receivedNs: number;
}

/** What becomes of probes, as told by the means that send them. */
export interface ProbeEvents {
  /** @param ownPort it went from a port of its own instead of its flow's */
  sent(train: number, k: number, sentNs: number, ownPort?: boolean): void;
  /** The machine refused to send it. @param errno as the system numbers it, positive */
  failed(train: number, k: number, errno: number): void;
  /** @returns how many answers the probe has had before; -1 when there is no such probe */
  answered(train: number, k: number, answer: Answer): number;
  /** A packet that answers no probe of this run. */
  stray(): void;
  /** An answer with a wrong key. */
  forged(): void;
  warn(code: string, message: string): void;
}

/** A way to send probes and to hear of their answers: packets, or the calls any process may make. */
export interface Means {
  readonly hello: Pick<ProberHello['got'], 'transmitVia' | 'receiveVia'> & Pick<ProberHello, 'paths' | 'footprint'>;
  /** What limits the worth of all it measures, in sentences. */
  readonly limits: readonly string[];
  /** Instants after a send at which a probe is sent again by the kernel, in nanoseconds; none for single packets. */
  readonly retransmitsNs?: readonly number[];
  send(probe: Probe): void;
  /** Of a request, as far as it has come; asked whenever something is told of it. */
  describe?(train: number, k: number): RequestDetail | undefined;
  /** Slots are waited for to a fraction of a millisecond, at the price of some CPU. */
  readonly precise?: boolean;
  /** Whether it holds an answer to that probe back, which is there, until it is known since when. */
  holdsBack?(train: number, k: number): boolean;
  /** What is held back is told now, as far as it is known. */
  settle?(): void;
  /** No longer waited for: what the probe holds can be let go. */
  forget?(train: number, k: number): void;
  /** Packets that were lost on the way to this process, as far as it can tell. */
  readonly captureLosses: number;
  close(): void;
}

/**
 * Opens what is needed for a plan. Rejects with a CodedError that says what to do.
 *
 * @param sendDue sends what is due by now: to be called between answers that come in numbers
 */
export type OpenMeans = (plan: ProbePlan, events: ProbeEvents, clock: Clock, sendDue: () => void) => Promise<Means>;
