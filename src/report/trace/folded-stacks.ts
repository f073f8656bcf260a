import { printable } from '../../format/printable.js';
import type { NamedSample } from '../../model/culprit.js';

/** Stacks as FlameGraph and speedscope read them; what is kept grows with the number of different ones only. */
export class FoldedStacks {
  readonly #counts = new Map<string, number>();

  add(samples: readonly NamedSample[]): void {
    for (const { thread, threadName, stack } of samples) {
      const name = thread === 0 ? 'idle' : printable(threadName).replaceAll(/[; ]/g, '_');
      const line = [name, ...stack.map(printable).reverse()].join(';');
      this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
    }
  }

  /** `thread;outermost;…;innermost count`, one a line. */
  text(): string {
    return [...this.#counts].map(([line, count]) => `${line} ${count}\n`).join('');
  }
}
