import { addressText } from '../../../model/ip-address.js';
import type { Packet } from '../packet/packet.js';

/** Paths that are told apart; sources beyond are taken together as `*`. */
export const MOST_PATHS = 2_000;

/** Names of paths that nobody wanted, kept to be told. */
const NAMES_KEPT = 40;
const WORDS = 9;
const SLOTS = 8_192;

/** One path of a capture: who asked whom for what. */
export interface CapturedPath {
  /** `source>target:port/syn`, `source>target/icmp`. */
  readonly name: string;
  readonly protocol: 'icmp' | 'syn';
  /** `*` where sources are taken together. */
  readonly source: string;
  readonly address: string;
  readonly port?: number;
}

/** Finds the path of a packet by its addresses: one look into a table of words, without a string in between. */
export class PathTable {
  readonly paths: CapturedPath[] = [];
  readonly #keys = new Int32Array(SLOTS * WORDS);
  /** Number of the path plus 1; 0 for an empty slot. */
  readonly #numbers = new Int32Array(SLOTS);
  readonly #key = new Int32Array(WORDS);

  /**
   * @param wanted whether a path of this name is to be followed
   * @param together sources are taken together from the start
   */
  constructor(
    private readonly wanted: (name: string) => boolean,
    private readonly together = false,
    /** What stands for an address, where it has no more than a name. */
    private readonly nameOf: (address: string) => string = (address) => address,
  ) {}

  /** Whether probes were left out because nobody wanted them, by their names. */
  get unwanted(): readonly string[] {
    return this.#unwantedNames;
  }

  /** Number of the path that a probe belongs to, made when it is new; -1 when it is not followed. */
  ofProbe(packet: Packet): number {
    const port = packet.isTcp ? packet.destinationPort : -1;
    if (!this.together) {
      this.#setKey(packet.source, packet.destination, port);
      const slot = this.#slot();
      const known = this.#numbers[slot] as number;
      if (known !== 0) return known > 0 ? known - 1 : -1;
      if (this.paths.length < MOST_PATHS / 2) return this.#add(slot, packet, false);
    }
    this.#setKey(null, packet.destination, port);
    const slot = this.#slot();
    const known = this.#numbers[slot] as number;
    if (known !== 0) return known > 0 ? known - 1 : -1;
    return this.paths.length < MOST_PATHS ? this.#add(slot, packet, true) : -1;
  }

  /** Number of the path of the probe that this packet answers; -1 when no such probe was seen. */
  ofAnswer(packet: Packet): number {
    return this.#find(packet.destination, packet.source, packet.isTcp ? packet.sourcePort : -1);
  }

  /** Number of the path of the probe that an ICMP error quotes. */
  ofQuoted(packet: Packet): number {
    return this.#find(packet.source, packet.destination, packet.isTcp ? packet.destinationPort : -1);
  }

  #find(source: Int32Array, target: Int32Array, port: number): number {
    this.#setKey(source, target, port);
    const known = this.#numbers[this.#slot()] as number;
    if (known !== 0) return known > 0 ? known - 1 : -1;
    this.#setKey(null, target, port);
    const together = this.#numbers[this.#slot()] as number;
    return together > 0 ? together - 1 : -1;
  }

  #setKey(source: Int32Array | null, target: Int32Array, port: number): void {
    const key = this.#key;
    for (let word = 0; word < 4; word += 1) {
      key[word] = source === null ? 0 : (source[word] as number);
      key[4 + word] = target[word] as number;
    }
    key[8] = port;
  }

  /** Where the key stands, or would. The table is at most a quarter full, with those not wanted at most half. */
  #slot(): number {
    const key = this.#key;
    const keys = this.#keys;
    let hash = 0;
    for (let word = 0; word < WORDS; word += 1) {
      hash = Math.imul(hash ^ (key[word] as number), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#numbers[slot] === 0) return slot;
      const at = slot * WORDS;
      let same = 0;
      while (same < WORDS && keys[at + same] === key[same]) same += 1;
      if (same === WORDS) return slot;
    }
  }

  #unwanted = 0;
  /** The first of them. */
  readonly #unwantedNames: string[] = [];

  #add(slot: number, packet: Packet, together: boolean): number {
    const address = this.nameOf(packedText(packet.destination));
    const source = together ? '*' : this.nameOf(packedText(packet.source));
    const host = packet.isTcp && address.includes(':') ? `[${address}]` : address;
    const protocol = packet.isTcp ? 'syn' : 'icmp';
    const name = `${source}>${packet.isTcp ? `${host}:${packet.destinationPort}` : host}/${protocol}`;
    if (!this.wanted(name)) {
      if (this.#unwantedNames.length < NAMES_KEPT && !this.#unwantedNames.includes(name))
        this.#unwantedNames.push(name);
      // Remembered, so that its name is not made again for each of its packets; as long as there is room.
      if (this.#unwanted < SLOTS / 4) {
        this.#unwanted += 1;
        this.#keys.set(this.#key, slot * WORDS);
        this.#numbers[slot] = -1;
      }
      return -1;
    }
    this.#keys.set(this.#key, slot * WORDS);
    const port = packet.isTcp ? { port: packet.destinationPort } : {};
    this.paths.push({ name, protocol, source, address, ...port });
    this.#numbers[slot] = this.paths.length;
    return this.paths.length - 1;
  }
}

/** The text of an address of four words, in which IPv4 is `::ffff:` and its own. */
export function packedText(words: Int32Array): string {
  const bytes = Uint8Array.from([...words].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
  const isIpv4 = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return addressText(isIpv4 ? bytes.subarray(12) : bytes);
}
