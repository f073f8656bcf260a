import { type Culprit, STALL_CLASSES, type StallClass } from '../../model/culprit.js';
import { MOST_CULPRITS } from '../../model/fleet/metrics-table.js';

/** Who kept received packets from their CPU, as metrics name it. */
export interface NamedCulprit {
  readonly class: StallClass;
  readonly process: string;
  readonly syscall: string;
  /** Seconds since 1970, of the last wait. */
  readonly release: number;
  readonly waitNs: number;
}

/** Names come from other programs: no label is longer. */
const MOST_CHARACTERS = 64;

/** What the kernel of the node showed so far, as metrics tell it. */
export class WaitCounts {
  readonly byClass = Object.fromEntries(STALL_CLASSES.map((kind) => [kind, 0])) as Record<StallClass, number>;
  #named: NamedCulprit[] = [];

  /** The most recent first. */
  get named(): readonly NamedCulprit[] {
    return this.#named;
  }

  /** @param release seconds since 1970 */
  add({ class: kind, waitNs, process, syscall, handler }: Culprit, release: number): void {
    this.byClass[kind] += waitNs;
    const name = process?.name ?? (handler === null ? undefined : `softirq ${handler}`);
    if (name === undefined) return;
    const called = (syscall?.name ?? '').slice(0, MOST_CHARACTERS);
    const one = { class: kind, process: name.slice(0, MOST_CHARACTERS), syscall: called, release, waitNs };
    const others = this.#named.filter(
      (other) => other.class !== one.class || other.process !== one.process || other.syscall !== one.syscall,
    );
    this.#named = [one, ...others].slice(0, MOST_CULPRITS);
  }
}
