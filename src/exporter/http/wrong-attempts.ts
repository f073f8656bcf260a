/** Wrong passwords in a row that one address may show. */
const BURST = 5;
/** After those, one a second: checking them takes at most a twentieth of a CPU for each address. */
const REFILL_MS = 1_000;
const MOST_ADDRESSES = 256;

interface Allowance {
  left: number;
  atMs: number;
}

/**
 * How many passwords each address may still try. A check takes a CPU for some 50 ms, and one after the other would take
 * all of it; whoever shows a right password gets what the check took back.
 */
export class WrongAttempts {
  readonly #allowances = new Map<string, Allowance>();

  /** @param now a monotonic clock, ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether `address` may try now; if so, the attempt counts as wrong until `wasRight` takes it back. */
  mayTry(address: string): boolean {
    const atMs = this.now();
    const before = this.#allowances.get(address);
    const left = before === undefined ? BURST : Math.min(BURST, before.left + (atMs - before.atMs) / REFILL_MS);
    const may = left >= 1;
    // The address that was heard least lately is forgotten first.
    this.#allowances.delete(address);
    this.#allowances.set(address, { left: may ? left - 1 : left, atMs });
    for (const oldest of this.#allowances.keys()) {
      if (this.#allowances.size <= MOST_ADDRESSES) break;
      this.#allowances.delete(oldest);
    }
    return may;
  }

  wasRight(address: string): void {
    const allowance = this.#allowances.get(address);
    if (allowance !== undefined) allowance.left = Math.min(BURST, allowance.left + 1);
  }
}
