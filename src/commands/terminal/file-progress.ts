import { Progress, type ProgressUnit } from '../../report/progress/progress.js';
import type { Io } from './io.js';

/** A bar on a terminal for work on a file, whose length shows with the first update. */
export class FileProgress {
  #bar: Progress | undefined;

  /** @param quiet show nothing */
  constructor(
    private readonly io: Io,
    private readonly label: string,
    private readonly unit: ProgressUnit = 'bytes',
    private readonly quiet = false,
  ) {}

  /** @param total in the same unit; null where it is not known */
  update(done: number, total: number | null): void {
    if (this.quiet) return;
    this.#bar ??= new Progress(this.io, { label: this.label, unit: this.unit, total: total ?? undefined });
    this.#bar.at(done);
  }

  /** Takes the bar away, before something else is printed; the next update brings it back. */
  clear(): void {
    this.#bar?.end();
  }
}
