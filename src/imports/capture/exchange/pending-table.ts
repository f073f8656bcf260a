const FIRST_SLOTS = 1 << 12;
/** Probes remembered at most: beyond, the oldest are given up early. */
export const MOST_PENDING = 1 << 20;

/** Whether a probe carries the number of one before it. */
export const Repeats = { none: 0, sentAgain: 1, sameNumber: 2 } as const;

export const States = { pending: 0, lost: 1, answered: 2, void: 3 } as const;

/**
 * The probes of a capture that answers may still come to, side by side, in the order of sending: a ring, with a hash
 * table of chains into it. Places count up from the first probe and never shift; `place & mask` is the slot.
 */
export class PendingTable {
  path = new Int32Array(FIRST_SLOTS);
  /** The words that make a probe known, beside its path. */
  number = new Int32Array(FIRST_SLOTS);
  salt = new Int32Array(FIRST_SLOTS);
  sentNs = new Float64Array(FIRST_SLOTS);
  /** When it was answered. */
  answeredNs = new Float64Array(FIRST_SLOTS);
  /** Sequence number of the SYN-ACK that it was answered by. */
  answerNumber = new Int32Array(FIRST_SLOTS);
  seq = new Uint32Array(FIRST_SLOTS);
  port = new Uint16Array(FIRST_SLOTS);
  ipId = new Uint16Array(FIRST_SLOTS);
  ttl = new Uint8Array(FIRST_SLOTS);
  answerTtl = new Uint8Array(FIRST_SLOTS);
  state = new Uint8Array(FIRST_SLOTS);
  stamp = new Int32Array(FIRST_SLOTS);
  /** One of {@link Repeats}. */
  again = new Uint8Array(FIRST_SLOTS);
  #next = new Float64Array(FIRST_SLOTS);
  #heads = new Float64Array(FIRST_SLOTS * 2).fill(-1);
  #mask = FIRST_SLOTS - 1;
  #start = 0;
  #end = 0;
  /** Those before were forgotten when the ring grew. */
  #grownAt = 0;

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get full(): boolean {
    return this.#end - this.#start >= MOST_PENDING;
  }

  slot(place: number): number {
    return place & this.#mask;
  }

  /** Place of the latest probe with these words that is still remembered; -1 for none. */
  find(path: number, number: number, salt: number): number {
    return this.#along(this.#heads[this.#bucket(path, number, salt)] as number, path, number, salt);
  }

  /** The one before that in `slot` with the same words; -1 for none. */
  findBefore(slot: number): number {
    const next = this.#next[slot] as number;
    return this.#along(next, this.path[slot] as number, this.number[slot] as number, this.salt[slot] as number);
  }

  /**
   * Place of the latest answered probe with these words; -1 for none. Those that were given up are found too until
   * others have taken their place: some thousands of probes later at least.
   */
  findAnswered(path: number, number: number, salt: number): number {
    const size = this.#mask + 1;
    const least = Math.max(this.#grownAt, this.#end - size);
    let place = this.#heads[this.#bucket(path, number, salt)] as number;
    while (place >= least) {
      const slot = place & this.#mask;
      const isIt = this.number[slot] === number && this.salt[slot] === salt && this.path[slot] === path;
      if (isIt && this.state[slot] === States.answered) return place;
      place = this.#next[slot] as number;
    }
    return -1;
  }

  #along(from: number, path: number, number: number, salt: number): number {
    let place = from;
    while (place >= this.#start) {
      const slot = place & this.#mask;
      if (this.number[slot] === number && this.salt[slot] === salt && this.path[slot] === path) return place;
      place = this.#next[slot] as number;
    }
    return -1;
  }

  /** Adds one behind the others and returns its slot; what else is known of it is set by the caller. */
  add(path: number, number: number, salt: number, sentNs: number): number {
    if (this.#end - this.#start > this.#mask) this.#grow();
    const slot = this.#end & this.#mask;
    const bucket = this.#bucket(path, number, salt);
    this.path[slot] = path;
    this.number[slot] = number;
    this.salt[slot] = salt;
    this.sentNs[slot] = sentNs;
    this.state[slot] = States.pending;
    this.#next[slot] = this.#heads[bucket] as number;
    this.#heads[bucket] = this.#end;
    this.#end += 1;
    return slot;
  }

  /** Adds what `from` knows in `slot`. */
  addFrom(from: PendingTable, slot: number): void {
    const own = this.add(
      from.path[slot] as number,
      from.number[slot] as number,
      from.salt[slot] as number,
      from.sentNs[slot] as number,
    );
    this.seq[own] = from.seq[slot] as number;
    this.port[own] = from.port[slot] as number;
    this.ipId[own] = from.ipId[slot] as number;
    this.ttl[own] = from.ttl[slot] as number;
    this.state[own] = from.state[slot] as number;
    this.stamp[own] = from.stamp[slot] as number;
    this.again[own] = from.again[slot] as number;
  }

  /** Forgets the oldest. Chains end at what was forgotten, so they need no mending. */
  drop(): void {
    this.#start += 1;
  }

  #bucket(path: number, number: number, salt: number): number {
    let hash = Math.imul(number ^ Math.imul(salt, 0x85eb_ca6b), 0x9e37_79b1) ^ Math.imul(path, 0xc2b2_ae35);
    hash ^= hash >>> 15;
    return hash & (this.#heads.length - 1);
  }

  #grow(): void {
    const [oldMask, size] = [this.#mask, (this.#mask + 1) * 2];
    const moved = <T extends Int32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array>(old: T): T => {
      const larger = new (old.constructor as new (length: number) => T)(size);
      for (let place = this.#start; place < this.#end; place += 1) {
        larger[place & (size - 1)] = old[place & oldMask] as number;
      }
      return larger;
    };
    this.path = moved(this.path);
    this.number = moved(this.number);
    this.salt = moved(this.salt);
    this.sentNs = moved(this.sentNs);
    this.answeredNs = moved(this.answeredNs);
    this.answerNumber = moved(this.answerNumber);
    this.seq = moved(this.seq);
    this.port = moved(this.port);
    this.ipId = moved(this.ipId);
    this.ttl = moved(this.ttl);
    this.answerTtl = moved(this.answerTtl);
    this.state = moved(this.state);
    this.stamp = moved(this.stamp);
    this.again = moved(this.again);
    this.#next = new Float64Array(size);
    this.#heads = new Float64Array(size * 2).fill(-1);
    this.#mask = size - 1;
    this.#grownAt = this.#start;
    for (let place = this.#start; place < this.#end; place += 1) {
      const slot = place & this.#mask;
      const bucket = this.#bucket(this.path[slot] as number, this.number[slot] as number, this.salt[slot] as number);
      this.#next[slot] = this.#heads[bucket] as number;
      this.#heads[bucket] = place;
    }
  }
}
