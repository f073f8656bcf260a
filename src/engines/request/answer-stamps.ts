import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../model/errors.js';
import type { PlannedPath } from '../../model/plan.js';
import type { Segment } from '../../model/segment.js';
import { MS, SECOND } from '../../model/time.js';
import type { Transport } from '../../transports/transport.js';
import type { ProbeRun } from '../engine.js';
import type { Clock } from '../node-prober/clock.js';
import { createWatcher } from '../watcher.js';
import type { AnswerInstants } from './phase-marks.js';
import { StreamArrivals } from './stream-arrivals.js';

/** How long stamps may wait to be told: a wake-up of this process costs more than to tell of ten at once. */
const TELL_NS = 10 * MS;
/** An answer that was read waits for its stamps for so long: on a full machine the helper is late too. */
const PATIENCE_NS = 500 * MS;
/** The helper is there in some hundredths of a second. */
const START_MS = 3_000;
/** Connections that nobody here has told of yet: those of other programs, and of the packets beside. */
const MOST_STRANGE = 1_024;
/** Segments a second of others that are listened to; beyond that stamps cost more than they are worth. */
const MOST_OTHERS = 20_000;

/** Bytes of a connection, counted from 1, whose instants are asked for. */
export interface AnswerBytes {
  readonly first: number;
  readonly last: number;
}

interface Waiting extends AnswerBytes {
  readonly connection: Connection;
  readonly sinceNs: number;
  readonly settle: (instants: AnswerInstants | undefined) => void;
}

/** A connection of ours. */
interface Connection {
  readonly key: number;
  stream: StreamArrivals | undefined;
  closed: boolean;
}

/**
 * Kernel stamps of answers over TCP. The static helper hears the segments that servers send to this machine, and tells
 * when each came; here they are put together with what the connections have read. So an answer has the instant at which
 * it was there, however late this process comes to read it.
 */
export class AnswerStamps {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #ours = new Map<number, Connection>();
  readonly #strange = new Map<number, StreamArrivals>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Of the helper's clock against ours, once that runs. */
  #epochMonoNs = 0n;
  #others = 0;
  #othersSinceNs = 0;
  #ended = false;
  #hears: () => void = () => {};

  private constructor(
    private readonly places: readonly string[],
    private readonly run: ProbeRun,
    private readonly clock: Clock,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * @param helper starts the one that hears
   * @returns why there are none, where it cannot
   */
  static async open(
    helper: Transport,
    paths: readonly PlannedPath[],
    clock: Clock,
    warn: (message: string) => void,
  ): Promise<AnswerStamps | string> {
    const asked = paths.filter(({ request }) => request?.kind === 'http' && request.version === '1.1');
    const answers = [
      ...new Map(asked.map(({ address, port = 0 }) => [placeOf(address, port), { address, port }])).values(),
    ];
    const run = createWatcher(helper).watch({ watches: [], local: [], answers, tellNs: TELL_NS });
    const stamps = new AnswerStamps(
      answers.map(({ address, port }) => placeOf(address, port)),
      run,
      clock,
      warn,
    );
    return (await stamps.#begin()) ?? stamps;
  }

  /**
   * From now on what comes over this connection is put together.
   * @param socket the connection as it is read
   * @param raw the same below TLS
   */
  follow({ address, port = 0 }: PlannedPath, socket: Socket, raw: Socket): void {
    const place = this.places.indexOf(placeOf(address, port));
    raw.once('connect', () => {
      const key = keyOf(place, raw.localPort ?? 0);
      const connection: Connection = { key, stream: this.#strange.get(key), closed: false };
      this.#strange.delete(key);
      this.#ours.set(key, connection);
      this.#connections.set(socket, connection);
      raw.once('close', () => this.#closed(connection));
    });
  }

  #closed(connection: Connection): void {
    connection.closed = true;
    // Of an answer that waits the last segments are yet to be told.
    if (!this.#waiting.some((one) => one.connection === connection)) this.#release(connection);
  }

  #release(connection: Connection): void {
    if (this.#ours.get(connection.key) === connection) this.#ours.delete(connection.key);
  }

  /** Calls back with the instants of these bytes as soon as they are known, or without once that takes too long. */
  whenSeen(socket: Socket, bytes: AnswerBytes, settle: Waiting['settle']): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || this.#ended) {
      settle(undefined);
      return;
    }
    this.#waiting.push({ connection, ...bytes, sinceNs: this.clock.nowNs(), settle });
    this.#settleKnown();
    this.#watchPatience();
  }

  /** What still waits gets no stamps. */
  settleAll(): void {
    for (const { settle } of this.#waiting.splice(0)) settle(undefined);
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.run.stop();
    this.settleAll();
  }

  /** Resolves once the helper hears, or with the reason why it cannot. */
  async #begin(): Promise<string | undefined> {
    const hearing = new Promise<undefined>((resolve) => {
      this.#hears = () => resolve(undefined);
    });
    const ended = this.#listen();
    const late = sleep(START_MS, 'the helper did not start in time', { ref: false });
    const why = await Promise.race([hearing, ended, late]);
    if (why !== undefined) this.close();
    else
      ended
        .then((reason) => {
          if (!this.#ended) this.warn(reason);
          this.close();
        })
        .catch(thrown);
    return why;
  }

  /** Takes in what the helper tells. @returns why it no longer does */
  async #listen(): Promise<string> {
    try {
      for await (const event of this.run.events) {
        if (event.kind === 'start') this.#epochMonoNs = event.epochMonoNs;
        if (event.kind === 'hello') this.#hears();
        if (event.kind === 'segments') this.#take(event.segments);
      }
      return 'the helper ended';
    } catch (error) {
      if (error instanceof CodedError) return error.message;
      throw error;
    }
  }

  #take(segments: readonly Segment[]): void {
    const offsetNs = Number(this.#epochMonoNs - this.clock.epochMonoNs);
    for (const { place, port, seq, bytes, timeNs, syn } of segments) {
      const key = keyOf(place, port);
      const atNs = timeNs + offsetNs;
      const connection = this.#ours.get(key);
      if (syn) this.#opened(key, connection, seq, atNs);
      else if (connection !== undefined) connection.stream?.take(seq, bytes, atNs);
      else {
        this.#strange.get(key)?.take(seq, bytes, atNs);
        this.#others += 1;
      }
    }
    this.#settleKnown();
    this.#leaveToOthers();
  }

  #opened(key: number, connection: Connection | undefined, seq: number, atNs: number): void {
    // Sent again, it is the first that counts.
    if (connection?.stream?.synSeq === seq || this.#strange.get(key)?.synSeq === seq) return;
    const stream = new StreamArrivals(seq, atNs);
    if (connection !== undefined && connection.stream === undefined) {
      connection.stream = stream;
      return;
    }
    this.#strange.delete(key);
    this.#strange.set(key, stream);
    if (this.#strange.size > MOST_STRANGE) this.#strange.delete(this.#strange.keys().next().value as number);
  }

  #settleKnown(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      const { stream } = one.connection;
      const [firstNs, lastNs] = [stream?.thereNs(one.first), stream?.thereNs(one.last)];
      if (stream === undefined || firstNs === undefined || lastNs === undefined) this.#waiting.push(one);
      else this.#settle(one, { connectedNs: stream.connectedNs, firstNs, lastNs });
    }
  }

  #settle({ connection, last, settle }: Waiting, instants: AnswerInstants | undefined): void {
    connection.stream?.skipTo(last);
    connection.stream?.forget(last);
    if (connection.closed) this.#release(connection);
    settle(instants !== undefined && Number.isFinite(instants.lastNs) ? instants : undefined);
  }

  #watchPatience(): void {
    if (this.#waiting.length === 0) return;
    this.#timer ??= setTimeout(() => {
      // Timers come first in a turn of the loop: what lies in the pipe is looked at before anything is given up.
      setImmediate(() => {
        this.#timer = undefined;
        const untilNs = this.clock.nowNs() - PATIENCE_NS;
        const over = this.#waiting.filter(({ sinceNs }) => sinceNs <= untilNs);
        this.#waiting = this.#waiting.filter(({ sinceNs }) => sinceNs > untilNs);
        for (const one of over) this.#settle(one, undefined);
        this.#watchPatience();
      });
    }, PATIENCE_NS / MS);
  }

  #leaveToOthers(): void {
    const nowNs = this.clock.nowNs();
    if (nowNs - this.#othersSinceNs < SECOND) {
      if (this.#others <= MOST_OTHERS) return;
      this.warn(`other programs hear more than ${MOST_OTHERS} segments a second from there`);
      this.close();
      return;
    }
    this.#others = 0;
    this.#othersSinceNs = nowNs;
  }
}

/** Told with its stack, as what nobody caught is. */
function thrown(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

const placeOf = (address: string, port: number): string => `${address} ${port}`;
const keyOf = (place: number, port: number): number => place * 0x1_0000 + port;
