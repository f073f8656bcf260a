import { type Line, type Size, textOf } from '../../src/dashboard/drawing/line.js';
import type { TerminalScreen } from '../../src/dashboard/terminal/terminal-screen.js';
import type { Pointer } from '../../src/dashboard/views/pointing.js';

/** A terminal in memory, which a test can make slow. */
export class FakeTerminal implements TerminalScreen {
  size: Size = { columns: 80, rows: 24 };
  /** False: what was painted last is still on its way. */
  takes = true;
  frames = 0;
  closed = 0;
  mouse: boolean | undefined;
  #lines: readonly Line[] = [];
  #onKey: (key: string) => void = () => {};
  #onHangUp: () => void = () => {};
  #waiting: (() => void)[] = [];

  get text(): string {
    return this.#lines.map(textOf).join('\n');
  }

  press(key: string): void {
    this.#onKey(key);
  }

  hangUp(): void {
    this.#onHangUp();
  }

  /** Resolves with the next frame. */
  nextFrame(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  isReady(): boolean {
    return this.takes;
  }

  paint(lines: readonly Line[]): void {
    this.#lines = lines;
    this.frames += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  onKey(callback: (key: string) => void): void {
    this.#onKey = callback;
  }

  onPointer(_callback: (pointer: Pointer) => void): void {}

  onResize(_callback: () => void): void {}

  onHangUp(callback: () => void): void {
    this.#onHangUp = callback;
  }

  setMouse(on: boolean): void {
    this.mouse = on;
  }

  forget(): void {}

  close(): void {
    this.closed += 1;
  }
}
