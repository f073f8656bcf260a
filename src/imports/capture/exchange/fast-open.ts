/** SYNs with data that are remembered at most. */
const MOST = 4_096;

interface WithData {
  readonly number: number;
  readonly bytes: number;
}

/**
 * SYNs that carry data (TCP Fast Open, RFC 7413): their answers acknowledge the data too, where the server takes them,
 * and so do not lead back to the number of the SYN.
 */
export class FastOpens {
  readonly #latest = new Map<string, WithData>();

  add(path: number, port: number, number: number, bytes: number): void {
    const key = `${path} ${port}`;
    this.#latest.delete(key);
    this.#latest.set(key, { number, bytes });
    if (this.#latest.size > MOST) this.#latest.delete(this.#latest.keys().next().value as string);
  }

  /** The number of the SYN whose data, whole or in part, an answer acknowledges; undefined for none. */
  numberOf(path: number, port: number, answers: number): number | undefined {
    if (this.#latest.size === 0) return undefined;
    const known = this.#latest.get(`${path} ${port}`);
    if (known === undefined) return undefined;
    const beyond = (answers - known.number) | 0;
    return beyond > 0 && beyond <= known.bytes ? known.number : undefined;
  }
}
