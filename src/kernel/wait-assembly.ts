import type { NamedSample, ObservedWait } from '../model/culprit.js';
import type { KernelEvent, Occupant, ReceiveWait, StackSample, WaitPlace } from '../model/kernel-event.js';

/** Samples that belong to a wait reach back so far before it, and so far behind it. */
const BEFORE_NS = 400_000_000;
const BEHIND_NS = 10_000_000;
/** Samples of one CPU that are remembered: waits that overlap share them. */
const MOST_SAMPLES = 8_192;
/** Pieces that came without their wait: it was lost on the way. More than that of one are never open. */
const MOST_OPEN = 4_096;

/** Puts together what a tracer tells piece by piece: the names of stacks, the samples of CPUs, the places of waits. */
export class WaitAssembly {
  readonly #names = new Map<bigint, string>();
  /** By CPU, in no particular order. */
  readonly #samples = new Map<number, Omit<NamedSample, 'isWithin'>[]>();
  #holders: StackSample[] = [];
  #places: WaitPlace[] = [];
  #occupants: Occupant[] = [];

  /** The wait that this event completes. */
  take(event: KernelEvent): ObservedWait | undefined {
    switch (event.kind) {
      case 'symbol':
        this.#names.set(event.address, event.name);
        return undefined;
      case 'stack':
        if (event.stack.isHolder) push(this.#holders, event.stack);
        else this.#keep(event.stack);
        return undefined;
      case 'wait-place':
        push(this.#places, event.place);
        return undefined;
      case 'occupant':
        push(this.#occupants, event.occupant);
        return undefined;
      case 'wait':
        return this.#assemble(event.wait);
      default:
        return undefined;
    }
  }

  #assemble(wait: ReceiveWait): ObservedWait {
    const own = <T extends { readonly wait: number }>(pieces: readonly T[]): T[] =>
      pieces.filter((piece) => piece.wait === wait.wait);
    const [holder] = own(this.#holders);
    const places = own(this.#places).sort((one, other) => one.fromNs - other.fromNs);
    const observed: ObservedWait = {
      wait,
      holderStack: holder === undefined ? [] : this.#stackOf(holder),
      places,
      occupants: own(this.#occupants),
      samples: this.#samplesOf(places),
    };
    this.#holders = [];
    this.#places = [];
    this.#occupants = [];
    return observed;
  }

  #samplesOf(places: readonly WaitPlace[]): NamedSample[] {
    return [...new Set(places.map(({ cpu }) => cpu))]
      .flatMap((cpu) => {
        const own = places.filter((place) => place.cpu === cpu);
        const fromNs = Math.min(...own.map((place) => place.fromNs)) - BEFORE_NS;
        const toNs = Math.max(...own.map((place) => place.toNs)) + BEHIND_NS;
        const isWithin = (timeNs: number): boolean =>
          own.some((place) => timeNs >= place.fromNs && timeNs <= place.toNs);
        return (this.#samples.get(cpu) ?? [])
          .filter(({ timeNs }) => timeNs >= fromNs && timeNs <= toNs)
          .map((sample) => ({ ...sample, isWithin: isWithin(sample.timeNs) }));
      })
      .sort((one, other) => one.timeNs - other.timeNs);
  }

  #keep(stack: StackSample): void {
    const { timeNs, cpu, thread, process, threadName, syscall } = stack;
    const kept = this.#samples.get(cpu) ?? [];
    kept.push({ timeNs, cpu, thread, process, threadName, syscall, stack: this.#stackOf(stack) });
    if (kept.length > MOST_SAMPLES) kept.splice(0, MOST_SAMPLES / 2);
    this.#samples.set(cpu, kept);
  }

  #stackOf({ addresses }: StackSample): string[] {
    return addresses.map((address) => this.#names.get(address) ?? `0x${address.toString(16)}`);
  }
}

function push<T>(pieces: T[], piece: T): void {
  if (pieces.length === MOST_OPEN) pieces.length = 0;
  pieces.push(piece);
}
