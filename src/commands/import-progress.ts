import type { Io } from './io.js';

const EVERY_MS = 200;
/** A shorter import shows nothing. */
const SILENT_MS = 1_000;

/** How far a long piece of work is; drawn where someone looks. */
export interface Progress {
  /** @param done in whatever unit `total` is in; null where the total is not known */
  update(done: number, total: number | null): void;
  /** Takes the line away, before something else is printed. */
  clear(): void;
}

export const NO_PROGRESS: Progress = { update: () => {}, clear: () => {} };

/** One line on a terminal: what, how much of it, how fast, and how long it will take. */
export function terminalProgress(io: Io, what: string, unit: (done: number) => string): Progress {
  if (!io.errIsTerminal) return NO_PROGRESS;
  const began = performance.now();
  let drawnAt = began + SILENT_MS - EVERY_MS;
  let shown = false;
  return {
    update: (done, total) => {
      const now = performance.now();
      if (now - drawnAt < EVERY_MS) return;
      drawnAt = now;
      shown = true;
      const seconds = (now - began) / 1_000;
      const left = total === null || done === 0 ? null : (seconds * (total - done)) / done;
      const share = total === null || total === 0 ? '' : ` ${Math.floor((100 * done) / total)} %`;
      const words = `${what}${share} · ${unit(done / seconds)}/s${left === null ? '' : ` · ${Math.ceil(left)} s left`}`;
      io.err(`\r\x1b[K${words.slice(0, (io.columns > 0 ? io.columns : 80) - 1)}`);
    },
    clear: () => {
      if (shown) io.err('\r\x1b[K');
      shown = false;
    },
  };
}
