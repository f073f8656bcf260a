import { present } from '../model/present.js';
import { routerOf, type SampleColumns } from '../model/sample.js';
import type { Summary } from '../model/summary.js';

/** Different ones kept: routers are few, and what a hostile one makes up is bounded. */
const MOST_KEPT = 64;
const MOST_TOLD = 8;

type IcmpError = NonNullable<Summary['icmpErrors']>[number];
type SendError = NonNullable<Summary['sendErrors']>[number];

/** Counts why probes of a path failed: ICMP errors by type, code and sender, failed sends by errno. */
export class Failures {
  readonly #icmp = new Map<string, { -readonly [K in keyof IcmpError]: IcmpError[K] }>();
  readonly #sends = new Map<number, number>();

  icmpError(samples: SampleColumns, i: number): void {
    const [type, code, router] = [samples.icmpType[i] as number, samples.icmpCode[i] as number, routerOf(samples, i)];
    const key = `${type}/${code}/${router ?? ''}`;
    const known = this.#icmp.get(key);
    if (known !== undefined) known.probes += 1;
    else if (this.#icmp.size < MOST_KEPT) this.#icmp.set(key, { type, code, ...present({ router }), probes: 1 });
  }

  sendFailed(errno: number): void {
    this.#sends.set(errno, (this.#sends.get(errno) ?? 0) + 1);
  }

  /** The most frequent ones, for the summary. */
  told(): Pick<Summary, 'icmpErrors' | 'sendErrors'> {
    const icmpErrors = mostFrequent([...this.#icmp.values()]);
    const sendErrors = mostFrequent([...this.#sends].map(([errno, probes]): SendError => ({ errno, probes })));
    return {
      ...(icmpErrors.length === 0 ? {} : { icmpErrors }),
      ...(sendErrors.length === 0 ? {} : { sendErrors }),
    };
  }
}

function mostFrequent<T extends { readonly probes: number }>(counted: readonly T[]): T[] {
  return [...counted].sort((a, b) => b.probes - a.probes).slice(0, MOST_TOLD);
}
