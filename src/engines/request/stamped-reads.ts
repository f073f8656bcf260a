import type { Socket } from 'node:net';
import type { Clock } from '../node-prober/clock.js';

/** What one connection may have read ahead of those who use it; the kernel keeps the rest back. */
const MOST_WAITING_BYTES = 256 * 1024;

interface Read {
  readonly socket: Socket;
  /** `null` is the end. */
  readonly chunk: Buffer | null;
  readonly atNs: number;
}

interface Reader {
  readonly deliver: (chunk: Buffer | null) => void;
  waitingBytes: number;
  /** When the chunk was read that was delivered last. */
  atNs: number;
}

/**
 * Stamps what is read from connections before anything is made of it. A server that stood still answers a hundred requests
 * at once: an event loop that parses each answer before it reads the next would stamp the last many milliseconds late. So
 * all that is there is read and stamped, and then delivered one by one, between which the loop reads on.
 */
export class StampedReads {
  readonly #readers = new WeakMap<Socket, Reader>();
  #waiting: Read[] = [];
  #immediate: NodeJS.Immediate | undefined;

  constructor(private readonly clock: Pick<Clock, 'nowNs'>) {}

  /** From now on all that this connection reads is stamped. @returns the connection */
  stamp(socket: Socket): Socket {
    const push = socket.push.bind(socket);
    const destroy = socket.destroy.bind(socket);
    const reader: Reader = { deliver: push, waitingBytes: 0, atNs: Number.NEGATIVE_INFINITY };
    this.#readers.set(socket, reader);
    socket.push = (chunk: Buffer | null) => {
      this.#waiting.push({ socket, chunk, atNs: this.clock.nowNs() });
      reader.waitingBytes += chunk?.length ?? 0;
      this.#deliverSoon();
      return reader.waitingBytes < MOST_WAITING_BYTES;
    };
    // An answer that was there before the connection was cut off is an answer.
    socket.destroy = (error) => {
      this.#deliverAllOf(socket);
      return destroy(error);
    };
    return socket;
  }

  /** When that was read which this connection delivered last; `undefined` of one that is not stamped. */
  lastOf(socket: Socket): number | undefined {
    return this.#readers.get(socket)?.atNs;
  }

  close(): void {
    clearImmediate(this.#immediate);
    this.#waiting = [];
  }

  #deliverSoon(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      const first = this.#waiting.shift();
      if (this.#waiting.length > 0) this.#deliverSoon();
      if (first !== undefined) this.#deliver(first);
    });
  }

  #deliver({ socket, chunk, atNs }: Read): void {
    const reader = this.#readers.get(socket);
    if (reader === undefined) return;
    reader.waitingBytes -= chunk?.length ?? 0;
    reader.atNs = atNs;
    reader.deliver(chunk);
  }

  #deliverAllOf(socket: Socket): void {
    const own = this.#waiting.filter((read) => read.socket === socket);
    if (own.length === 0) return;
    this.#waiting = this.#waiting.filter((read) => read.socket !== socket);
    for (const read of own) this.#deliver(read);
  }
}
