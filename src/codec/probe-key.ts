/** What the keys of a run are made of: two 64-bit words that nobody else knows. */
export interface Secret {
  readonly words: readonly [bigint, bigint];
}

/** What a key is for; the numbers are those of native/prober/send/key.h. */
export const KeyUse = { nonce: 1, sequence: 2, acknowledgement: 3 } as const;
export type KeyUse = (typeof KeyUse)[keyof typeof KeyUse];

/**
 * Distance of the initial sequence numbers of two successive probes of one flow: the later SYN then lies inside the
 * window that an earlier one opened and is answered with its own number, not with a rate-limited challenge ACK
 * (RFC 5961).
 */
export const KEY_STEP = 16;

/** Numbers of a flow repeat after so many probes. */
const PERIOD = 2 ** 32 / KEY_STEP;

const MASK = 0xffff_ffff_ffff_ffffn;

/** A secret from 32 hexadecimal digits, as a plan carries it. */
export function secretFrom(hex: string): Secret {
  return { words: [BigInt(`0x${hex.slice(0, 16)}`), BigInt(`0x${hex.slice(16, 32)}`)] };
}

/** SipHash-2-4 (Aumasson and Bernstein, 2012). */
export function sipHash({ words: [k0, k1] }: Secret, message: Uint8Array): bigint {
  const state = new State(k0, k1);
  const whole = message.length & ~7;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (let at = 0; at < whole; at += 8) state.take(view.getBigUint64(at, true));
  let last = BigInt(message.length & 0xff) << 56n;
  for (let i = whole; i < message.length; i += 1) last |= BigInt(message[i] ?? 0) << BigInt(8 * (i - whole));
  state.take(last);
  return state.finish();
}

class State {
  #a: bigint;
  #b: bigint;
  #c: bigint;
  #d: bigint;

  constructor(k0: bigint, k1: bigint) {
    this.#a = k0 ^ 0x736f6d6570736575n;
    this.#b = k1 ^ 0x646f72616e646f6dn;
    this.#c = k0 ^ 0x6c7967656e657261n;
    this.#d = k1 ^ 0x7465646279746573n;
  }

  take(word: bigint): void {
    this.#d ^= word;
    this.#round();
    this.#round();
    this.#a ^= word;
  }

  finish(): bigint {
    this.#c ^= 0xffn;
    for (let i = 0; i < 4; i += 1) this.#round();
    return this.#a ^ this.#b ^ this.#c ^ this.#d;
  }

  #round(): void {
    this.#a = (this.#a + this.#b) & MASK;
    this.#b = rotate(this.#b, 13n) ^ this.#a;
    this.#a = rotate(this.#a, 32n);
    this.#c = (this.#c + this.#d) & MASK;
    this.#d = rotate(this.#d, 16n) ^ this.#c;
    this.#a = (this.#a + this.#d) & MASK;
    this.#d = rotate(this.#d, 21n) ^ this.#a;
    this.#c = (this.#c + this.#b) & MASK;
    this.#b = rotate(this.#b, 17n) ^ this.#c;
    this.#c = rotate(this.#c, 32n);
  }
}

function rotate(word: bigint, bits: bigint): bigint {
  return ((word << bits) & MASK) | (word >> (64n - bits));
}

/** Makes and recognises the keys of a run, equal to the bit to those of `rxray-prober`. */
export class Keys {
  readonly #message = new DataView(new ArrayBuffer(12));
  /** First numbers of the flows, which are asked for again and again. */
  readonly #firsts = new Map<string, number>();

  constructor(private readonly secret: Secret) {}

  /** The 64-bit nonce in the payload of ICMP and UDP probes. */
  nonce(path: number, seq: number): bigint {
    return this.#hash(KeyUse.nonce, path, seq);
  }

  /** The number that probe `n` of a flow carries, as sequence or acknowledgement number. */
  number(use: KeyUse, path: number, flow: number, n: number): number {
    return (this.#first(use, path, flow) + (n % PERIOD) * KEY_STEP) % 2 ** 32;
  }

  /**
   * Which probe of the flow carries this number: of those that do, the youngest not newer than `newest`.
   * `undefined` for a number that no probe of the flow carries.
   */
  index(use: KeyUse, path: number, flow: number, number: number, newest: number): number | undefined {
    const distance = (number - this.#first(use, path, flow)) >>> 0;
    if (distance % KEY_STEP !== 0) return undefined;
    const n = newest - (newest % PERIOD) + distance / KEY_STEP;
    if (n <= newest) return n;
    return n >= PERIOD ? n - PERIOD : undefined;
  }

  #first(use: KeyUse, path: number, flow: number): number {
    const name = `${use} ${path} ${flow}`;
    let first = this.#firsts.get(name);
    if (first === undefined) {
      first = Number(this.#hash(use, path, flow) & 0xffff_ffffn);
      this.#firsts.set(name, first);
    }
    return first;
  }

  #hash(use: KeyUse, path: number, what: number): bigint {
    this.#message.setUint32(0, use, true);
    this.#message.setUint32(4, path, true);
    this.#message.setUint32(8, what, true);
    return sipHash(this.secret, new Uint8Array(this.#message.buffer));
  }
}
