import assert from 'node:assert/strict';
import { Keys, KeyUse, secretFrom, sipHash } from '../../src/codec/probe-key.js';
import { pathSecret, sharedSecret } from '../../src/fleet/inbound/pair-keys.js';
import type { Heard } from '../../src/model/heard.js';
import { MS } from '../../src/model/time.js';

export const secrets = sharedSecret(Buffer.alloc(32, 7));
export const nameOf = (source: string): string | undefined => /^10\.0\.0\.(\d+)$/.exec(source)?.[1]?.padStart(4, 'n');
const known = new Map<string, string>();
/** Of the path from `sender` to `target` by port, 0 for echoes. */
export const secretOf = (sender: string, port: number): string => {
  const key = `${sender} ${port}`;
  const secret = known.get(key) ?? derived(sender, port);
  known.set(key, secret);
  return secret;
};
function derived(sender: string, port: number): string {
  const pair = secrets.between({ name: sender }, { name: 'target' });
  assert.ok(pair);
  return pathSecret(pair, sender, 'target', port);
}

/** One sender as rxray-prober is one: an ICMP path 0 that announces a SYN path 1 of eight flows, 40 ms in turn. */
export class Sender {
  readonly name: string;
  readonly source: string;
  constructor(
    readonly index: number,
    /** What its clock shows when the target's shows 0, and by how much it is slower. */
    readonly clockNs = 1e12 * (index + 1),
    readonly slower = 0,
    readonly epoch = BigInt(1000 + index),
  ) {
    this.source = `10.0.0.${index + 1}`;
    this.name = nameOf(this.source) ?? '';
  }

  /** The probe of slot k of either path: ICMP when even. `atNs` when it arrives. */
  probe(k: number, arrivesNs: (dueNs: number, flow: string) => number): Heard {
    const firstNs = this.index * 4 * MS;
    const isEcho = k % 2 === 0;
    const slot = Math.floor(k / 2);
    const dueNs = this.clockNs + firstNs + k * 40 * MS;
    const dueHereNs = (firstNs + k * 40 * MS) * (1 + this.slower);
    const startNs = this.clockNs + firstNs;
    const flow = slot % 8;
    const base = {
      source: this.source,
      target: '10.0.0.200',
      timeNs: arrivesNs(dueHereNs, isEcho ? `${this.name} echo` : `${this.name} ${flow}`) + 200_000,
      backlogNs: 0,
      clockStepped: false,
      protocol: isEcho ? ('icmp' as const) : ('syn' as const),
    };
    if (!isEcho) {
      const keys = new Keys(secretFrom(secretOf(this.name, 9876)));
      const n = Math.floor(slot / 8);
      const tcpSeq = keys.number(KeyUse.sequence, 1, flow, n);
      return { ...base, sourcePort: 18_432 + flow, targetPort: 9876, tcpSeq, payload: new Uint8Array(0) };
    }
    return { ...base, sourcePort: 0, targetPort: 0, tcpSeq: 0, payload: this.#payload(slot, dueNs, startNs) };
  }

  #payload(seq: number, dueNs: number, startNs: number): Uint8Array {
    const bytes = new Uint8Array(72);
    const view = new DataView(bytes.buffer);
    const key = secretFrom(secretOf(this.name, 0));
    view.setUint32(0, 0);
    view.setUint32(4, seq);
    view.setBigUint64(8, new Keys(key).nonce(0, seq));
    view.setUint32(16, 0x72786731);
    view.setBigUint64(20, this.epoch);
    view.setBigUint64(28, BigInt(dueNs));
    view.setUint32(36, 1);
    view.setUint16(40, 18_432);
    view.setUint16(42, 8);
    view.setUint16(44, 9876);
    view.setBigUint64(48, BigInt(startNs + 40 * MS));
    view.setBigUint64(56, BigInt(80 * MS));
    view.setBigUint64(64, sipHash(key, bytes.subarray(0, 64)));
    return bytes;
  }
}
