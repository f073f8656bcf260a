import type { RequestDetail } from '../../model/request.js';
import { allocateSamples, type SampleColumns, sliceSamples } from '../../model/sample.js';

/** Samples that are handed on together at most. */
const CAPACITY = 4096;
/** Senders of ICMP errors that are told apart. */
const MOST_ROUTERS = 1024;

/** Gathers samples and hands them on in columns of their own, so that a slow reader keeps what it got. */
export class SampleBatch {
  private readonly gathered = allocateSamples(CAPACITY);
  private length = 0;
  #requests = new Map<number, RequestDetail>();
  readonly #routerNumbers = new Map<string, number>();
  readonly #routerNames = new Map<number, string>();

  get full(): boolean {
    return this.length === CAPACITY;
  }

  get empty(): boolean {
    return this.length === 0;
  }

  /** Room for one more sample at the returned index of {@link columns}. Only while not {@link full}. */
  add(): number {
    return this.length++;
  }

  /** How the request of the sample at `index` spent its time. */
  addRequest(index: number, request: RequestDetail): void {
    this.#requests.set(index, request);
  }

  /** The number that stands for the sender of an ICMP error; 0 when there are too many of them to count. */
  routerNumber(address: string): number {
    const known = this.#routerNumbers.get(address);
    if (known !== undefined) return known;
    if (this.#routerNumbers.size === MOST_ROUTERS) return 0;
    const number = this.#routerNumbers.size + 1;
    this.#routerNumbers.set(address, number);
    this.#routerNames.set(number, address);
    return number;
  }

  get columns(): SampleColumns {
    return this.gathered;
  }

  take(): SampleColumns {
    const { length } = this;
    this.length = 0;
    const routers = this.#routerNames.size === 0 ? {} : { routers: this.#routerNames };
    const requests = this.#requests.size === 0 ? {} : { requests: this.#requests };
    this.#requests = new Map();
    return { ...sliceSamples(this.gathered, length), ...routers, ...requests };
  }
}
