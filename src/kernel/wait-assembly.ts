import type { NamedSample, ObservedWait } from '../model/culprit.js';
import type { KernelEvent, StackSample } from '../model/kernel-event.js';

/** Stacks that came without their wait: it was lost on the way. More than that of one are never open. */
const OPEN_STACKS = 4_096;

/** Puts together what a tracer tells piece by piece: the names of stacks, the stacks of waits. */
export class WaitAssembly {
  readonly #names = new Map<bigint, string>();
  #stacks: StackSample[] = [];

  /** The wait that this event completes. */
  take(event: KernelEvent): ObservedWait | undefined {
    switch (event.kind) {
      case 'symbol':
        this.#names.set(event.address, event.name);
        return undefined;
      case 'stack':
        if (this.#stacks.length === OPEN_STACKS) this.#stacks = [];
        this.#stacks.push(event.stack);
        return undefined;
      case 'wait': {
        const own = this.#stacks.filter(({ wait }) => wait === event.wait.wait);
        this.#stacks = [];
        const holder = own.find(({ isHolder }) => isHolder);
        const samples = own
          .filter(({ isHolder }) => !isHolder)
          .map((stack) => this.#named(stack))
          .sort((one, other) => one.timeNs - other.timeNs);
        return { wait: event.wait, holderStack: holder === undefined ? [] : this.#named(holder).stack, samples };
      }
      default:
        return undefined;
    }
  }

  #named({ timeNs, thread, process, threadName, syscall, isWithin, addresses }: StackSample): NamedSample {
    const stack = addresses.map((address) => this.#names.get(address) ?? `0x${address.toString(16)}`);
    return { timeNs, thread, process, threadName, syscall, isWithin, stack };
  }
}
