/** What is known of a probe. */
export const Fate = {
  none: 0,
  /** Given to the means, not sent yet. */
  handed: 1,
  sent: 2,
  answered: 3,
  error: 4,
  lost: 5,
  rateLimited: 6,
  failed: 7,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

/** The youngest probes of one path's fixed flows, or of its fresh ports: a ring that reaches back as far as matching. */
export class Train {
  /** The slot after the youngest. */
  next = 0;
  /** The oldest slot whose fate may still be open. */
  oldest = 0;
  readonly #dueNs: Float64Array;
  readonly #sentNs: Float64Array;
  readonly #lagNs: Uint32Array;
  readonly #fates: Uint8Array;
  readonly #answers: Uint8Array;
  readonly #ownPorts: Uint8Array;

  constructor(private readonly capacity: number) {
    this.#dueNs = new Float64Array(capacity);
    this.#sentNs = new Float64Array(capacity);
    this.#lagNs = new Uint32Array(capacity);
    this.#fates = new Uint8Array(capacity);
    this.#answers = new Uint8Array(capacity);
    this.#ownPorts = new Uint8Array(capacity);
  }

  begin(k: number, dueNs: number, lagNs: number): void {
    this.#skipTo(k);
    const i = k % this.capacity;
    this.#dueNs[i] = dueNs;
    this.#sentNs[i] = dueNs + lagNs;
    this.#lagNs[i] = Math.min(lagNs, 0xffff_ffff);
    this.#fates[i] = Fate.handed;
    this.#answers[i] = 0;
    this.#ownPorts[i] = 0;
    this.next = k + 1;
  }

  /** Whether the probe is still remembered. */
  has(k: number): boolean {
    return this.fate(k) !== Fate.none;
  }

  fate(k: number): Fate {
    if (k < 0 || k >= this.next || this.next - k > this.capacity) return Fate.none;
    return (this.#fates[k % this.capacity] ?? Fate.none) as Fate;
  }

  setFate(k: number, fate: Fate): void {
    this.#fates[k % this.capacity] = fate;
  }

  setSent(k: number, sentNs: number, ownPort: boolean): void {
    const i = k % this.capacity;
    this.#sentNs[i] = sentNs;
    this.#fates[i] = Fate.sent;
    this.#ownPorts[i] = ownPort ? 1 : 0;
  }

  dueNs(k: number): number {
    return this.#dueNs[k % this.capacity] ?? 0;
  }

  sentNs(k: number): number {
    return this.#sentNs[k % this.capacity] ?? 0;
  }

  lagNs(k: number): number {
    return this.#lagNs[k % this.capacity] ?? 0;
  }

  /** Whether it went from a port of its own instead of its flow's. */
  ownPort(k: number): boolean {
    return this.#ownPorts[k % this.capacity] === 1;
  }

  /** Counts one more answer; gives how many there were before. */
  countAnswer(k: number): number {
    const i = k % this.capacity;
    const before = this.#answers[i] ?? 0;
    if (before < 255) this.#answers[i] = before + 1;
    return before;
  }

  #skipTo(k: number): void {
    for (let skipped = Math.max(this.next, k - this.capacity); skipped < k; skipped += 1)
      this.#fates[skipped % this.capacity] = Fate.none;
    this.next = k;
  }
}
