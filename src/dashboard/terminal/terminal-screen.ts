import type { Line, Size } from '../drawing/line.js';
import type { Pointer } from '../views/pointing.js';

/** A terminal as the dashboard uses it, so that a test can be one. */
export interface TerminalScreen {
  readonly size: Size;
  /** Whether what was painted last has left for the terminal. While it has not, another frame would only wait. */
  isReady(): boolean;
  /** As many lines as the screen has rows, each as long as it has columns. */
  paint(lines: readonly Line[]): void;
  /** By the names of `choices/actions.ts`. */
  onKey(callback: (key: string) => void): void;
  onPointer(callback: (pointer: Pointer) => void): void;
  onResize(callback: () => void): void;
  /** Nobody is at the terminal any more. */
  onHangUp(callback: () => void): void;
  setMouse(on: boolean): void;
  /** Everything is painted anew with the next frame. */
  forget(): void;
  /** Gives the terminal back as it was. Further calls do nothing. */
  close(): void;
}
