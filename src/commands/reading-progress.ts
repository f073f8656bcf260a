import type { Io } from './io.js';

/** Says how much of a file has been read, where somebody looks on. */
export interface Progress {
  /** @param share 0 to 1 */
  show(share: number): void;
  /** Takes it off the screen again. */
  end(): void;
}

const AFTER_MS = 1_000;
const EVERY_MS = 100;

/** Nothing for the first second, and nothing where standard error is no terminal. */
export function readingProgress(io: Io, quiet: boolean): Progress {
  const began = performance.now();
  let shownAt = began + AFTER_MS - EVERY_MS;
  let drawn = false;
  return {
    show: (share) => {
      const now = performance.now();
      if (quiet || !io.errIsTerminal || now - shownAt < EVERY_MS) return;
      shownAt = now;
      drawn = true;
      const leftS = share > 0 ? ((now - began) / 1000) * (1 / share - 1) : 0;
      io.err(`\r\x1b[K${Math.floor(100 * share)} % read, ${Math.ceil(leftS)} s left`);
    },
    end: () => {
      if (drawn) io.err('\r\x1b[K');
      drawn = false;
    },
  };
}
