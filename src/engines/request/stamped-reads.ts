import type { Socket } from 'node:net';
import type { Clock } from '../node-prober/clock.js';

/** What one connection may have read ahead of those who use it; the kernel keeps the rest back. */
const MOST_WAITING_BYTES = 256 * 1024;

/** What was read at once. */
export interface StampedRead {
  readonly atNs: number;
  /**
   * Bytes of the connection, counted from 1, with which it began and ended. Below TLS nobody knows which byte began it: it
   * was there with the last that had been read.
   */
  readonly first: number;
  readonly last: number;
}

interface Read extends StampedRead {
  readonly socket: Socket;
  /** `null` is the end. */
  readonly chunk: Buffer | null;
}

interface Reader {
  readonly deliver: (chunk: Buffer | null) => void;
  waitingBytes: number;
  /** Bytes read so far. */
  bytes: number;
  /** The chunk that was delivered last. */
  delivered: StampedRead | undefined;
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

  /**
   * From now on all that this connection reads is stamped.
   * @param raw the same connection below TLS
   * @returns the connection
   */
  stamp(socket: Socket, raw = socket): Socket {
    const push = socket.push.bind(socket);
    const destroy = socket.destroy.bind(socket);
    const reader: Reader = { deliver: push, waitingBytes: 0, bytes: 0, delivered: undefined };
    this.#readers.set(socket, reader);
    socket.push = (chunk: Buffer | null) => {
      const before = reader.bytes;
      reader.bytes = raw === socket ? before + (chunk?.length ?? 0) : raw.bytesRead;
      const first = raw === socket && chunk !== null ? before + 1 : reader.bytes;
      this.#waiting.push({ socket, chunk, atNs: this.clock.nowNs(), first, last: reader.bytes });
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

  /** What this connection delivered last; `undefined` of one that is not stamped. */
  lastOf(socket: Socket): StampedRead | undefined {
    return this.#readers.get(socket)?.delivered;
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

  #deliver(read: Read): void {
    const { socket, chunk } = read;
    const reader = this.#readers.get(socket);
    if (reader === undefined) return;
    reader.waitingBytes -= chunk?.length ?? 0;
    reader.delivered = read;
    reader.deliver(chunk);
  }

  #deliverAllOf(socket: Socket): void {
    const own = this.#waiting.filter((read) => read.socket === socket);
    if (own.length === 0) return;
    this.#waiting = this.#waiting.filter((read) => read.socket !== socket);
    for (const read of own) this.#deliver(read);
  }
}
