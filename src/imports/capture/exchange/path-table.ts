import { addressText } from '../../../model/ip-address.js';
import type { Packet } from '../packet/packet.js';

/** Paths that are told apart; sources beyond are taken together as `*`. */
export const MOST_PATHS = 2_000;

/** Names of paths that nobody wanted, kept to be told. */
const NAMES_KEPT = 40;
const WORDS = 9;
const SLOTS = 8_192;

/** In place of a source where all are taken together. */
const ANYBODY = new Int32Array(4);

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
      const slot = this.#slot(packet.source, packet.destination, port);
      const known = this.#numbers[slot] as number;
      if (known !== 0) return known > 0 ? known - 1 : -1;
      if (this.paths.length < MOST_PATHS / 2) return this.#add(slot, packet, port, false);
    }
    const slot = this.#slot(ANYBODY, packet.destination, port);
    const known = this.#numbers[slot] as number;
    if (known !== 0) return known > 0 ? known - 1 : -1;
    return this.paths.length < MOST_PATHS ? this.#add(slot, packet, port, true) : -1;
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
    const known = this.#numbers[this.#slot(source, target, port)] as number;
    if (known !== 0) return known > 0 ? known - 1 : -1;
    const together = this.#numbers[this.#slot(ANYBODY, target, port)] as number;
    return together > 0 ? together - 1 : -1;
  }

  /** Where a key stands, or would. The table is at most a quarter full, with those not wanted at most half. */
  #slot(source: Int32Array, target: Int32Array, port: number): number {
    const keys = this.#keys;
    for (let slot = hashOf(source, target, port) & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#numbers[slot] === 0) return slot;
      const at = slot * WORDS;
      if (keys[at + 8] === port && isAddress(keys, at, source) && isAddress(keys, at + 4, target)) return slot;
    }
  }

  #keep(slot: number, packet: Packet, port: number, together: boolean): void {
    this.#keys.set(together ? ANYBODY : packet.source, slot * WORDS);
    this.#keys.set(packet.destination, slot * WORDS + 4);
    this.#keys[slot * WORDS + 8] = port;
  }

  #unwanted = 0;
  /** The first of them. */
  readonly #unwantedNames: string[] = [];

  #add(slot: number, packet: Packet, port: number, together: boolean): number {
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
        this.#keep(slot, packet, port, together);
        this.#numbers[slot] = -1;
      }
      return -1;
    }
    this.#keep(slot, packet, port, together);
    this.paths.push({ name, protocol, source, address, ...(packet.isTcp ? { port } : {}) });
    this.#numbers[slot] = this.paths.length;
    return this.paths.length - 1;
  }
}

/** Of products that do not wait for each other. */
function hashOf(source: Int32Array, target: Int32Array, port: number): number {
  const from =
    Math.imul(source[3] as number, 0x9e37_79b1) ^
    Math.imul(source[2] as number, 0x85eb_ca6b) ^
    Math.imul(source[1] as number, 0xc2b2_ae35) ^
    Math.imul(source[0] as number, 0x27d4_eb2f);
  const to =
    Math.imul(target[3] as number, 0x1656_67b1) ^
    Math.imul(target[2] as number, 0xd3a2_646d) ^
    Math.imul(target[1] as number, 0xfd70_46c5) ^
    Math.imul(target[0] as number, 0xb55a_4f09);
  const all = from ^ to ^ Math.imul(port, 0x2c1b_3c6d);
  const mixed = Math.imul(all ^ (all >>> 15), 0x7feb_352d);
  return mixed ^ (mixed >>> 15);
}

function isAddress(keys: Int32Array, at: number, address: Int32Array): boolean {
  return (
    keys[at + 3] === address[3] && keys[at + 2] === address[2] && keys[at + 1] === address[1] && keys[at] === address[0]
  );
}

/** The text of an address of four words, in which IPv4 is `::ffff:` and its own. */
export function packedText(words: Int32Array): string {
  const bytes = Uint8Array.from([...words].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
  const isIpv4 = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return addressText(isIpv4 ? bytes.subarray(12) : bytes);
}
