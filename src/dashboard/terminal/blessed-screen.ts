import type { ReadStream, WriteStream } from 'node:tty';
import type blessed from 'blessed';
import box from 'blessed/lib/widgets/box.js';
import screen from 'blessed/lib/widgets/screen.js';
import type { Capabilities } from '../drawing/capabilities.js';
import type { Line, Size, Style } from '../drawing/line.js';
import type { Pointer } from '../views/pointing.js';
import { lookOf } from './palette.js';
import { descriptionOf, useOwnDescriptions } from './terminal-description.js';
import { TerminalOutput } from './terminal-output.js';
import type { TerminalScreen } from './terminal-screen.js';

/** A cell of blessed's own buffer: its attributes and its character. */
type Cell = [attributes: number, character: string];
type CellRow = Cell[] & { dirty: boolean };

/** What the typings of blessed leave out. */
interface Inside {
  readonly lines: CellRow[];
  readonly tput: { brokenACS: boolean; unicode: boolean };
  readonly program: blessed.BlessedProgram & {
    setMouse(modes: Record<string, boolean>, enable: boolean): void;
    disableMouse(): void;
  };
}

const MOUSE = { vt200Mouse: true, sgrMouse: true };
const TAKEN_OVER = ['uncaughtException', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'exit'];
const DEFAULT_COLOUR = 0x1ff;
const FLAG = { bold: 1, underline: 2, reverse: 8 };

export interface BlessedStreams {
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
}

/** Opens the terminal: another screen buffer, no cursor, single keys, the mouse. */
export function openBlessedScreen(streams: BlessedStreams, capabilities: Capabilities, term: string): TerminalScreen {
  return new BlessedScreen(streams, capabilities, term);
}

class BlessedScreen implements TerminalScreen {
  readonly #output: TerminalOutput;
  readonly #screen: blessed.Widgets.Screen & Inside;
  readonly #attributes = new Map<Style, number>();
  #frame: readonly Line[] = [];
  #closed = false;
  readonly #continued = (): void => this.#resume();
  readonly #exiting = (): void => this.close();

  constructor(
    private readonly streams: BlessedStreams,
    private readonly capabilities: Capabilities,
    term: string,
  ) {
    this.#output = new TerminalOutput(streams.output);
    const forgetOwn = ownProcessListeners();
    useOwnDescriptions();
    this.#screen = screen({
      input: streams.input,
      output: this.#output as unknown as NodeJS.WriteStream,
      terminal: descriptionOf(term),
      autoPadding: false,
      smartCSR: false,
      warnings: false,
    } as blessed.Widgets.IScreenOptions) as unknown as blessed.Widgets.Screen & Inside;
    forgetOwn();
    const unicode = capabilities.glyphs.dots === 'braille';
    // UTF-8 is written as it is; without it nothing beyond ASCII is drawn, so that nothing needs translation.
    this.#screen.tput.unicode = unicode;
    this.#screen.tput.brokenACS = true;
    const canvas = box({ parent: this.#screen, top: 0, left: 0, width: '100%', height: '100%' });
    canvas.render = () => {
      this.#fill();
      return undefined as unknown as ReturnType<typeof canvas.render>;
    };
    this.setMouse(true);
    process.on('SIGCONT', this.#continued);
    // Whatever ends the process: an exception that nobody caught is printed after this.
    process.on('exit', this.#exiting);
  }

  get size(): Size {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  isReady(): boolean {
    return this.#output.isEmpty();
  }

  paint(lines: readonly Line[]): void {
    if (this.#closed) return;
    this.#frame = lines;
    this.#screen.render();
  }

  onKey(callback: (key: string) => void): void {
    this.#screen.program.on('keypress', (character: string | undefined, key: { full?: string } | undefined) => {
      // The return key comes twice: as itself, and as enter.
      if (key?.full === 'return' || key?.full === 'linefeed') return;
      const name = key?.full === undefined || key.full.startsWith('S-') ? character : key.full;
      if (name !== undefined) callback(name === ' ' ? 'space' : name);
    });
  }

  onPointer(callback: (pointer: Pointer) => void): void {
    this.#screen.program.on('mouse', ({ x, y, action }: { x: number; y: number; action: string }) => {
      const does =
        action === 'mousedown'
          ? 'press'
          : action === 'wheelup'
            ? 'wheel-up'
            : action === 'wheeldown'
              ? 'wheel-down'
              : undefined;
      if (does !== undefined) callback({ column: x, row: y, does });
    });
  }

  onResize(callback: () => void): void {
    this.#screen.on('resize', callback);
  }

  onHangUp(callback: () => void): void {
    this.streams.input.on('error', callback);
    this.streams.input.on('end', callback);
    this.#output.on('gone', callback);
  }

  setMouse(on: boolean): void {
    if (on) this.#screen.program.setMouse(MOUSE, true);
    else this.#screen.program.disableMouse();
  }

  forget(): void {
    this.#screen.realloc();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('SIGCONT', this.#continued);
    process.off('exit', this.#exiting);
    this.setMouse(false);
    this.#screen.destroy();
    this.#output.close();
  }

  /** After a stop from outside (kill -STOP) the shell may have changed the terminal. */
  #resume(): void {
    this.streams.input.setRawMode(true);
    this.forget();
  }

  /** Writes the frame into blessed's buffer, of which it sends what has changed. */
  #fill(): void {
    for (const [y, row] of this.#screen.lines.entries()) {
      let x = 0;
      for (const { text, style } of this.#frame[y] ?? []) {
        const attributes = this.#attributesOf(style);
        for (const character of text) {
          const cell = row[x];
          if (cell === undefined) break;
          x += 1;
          const shown = this.#shown(character);
          if (cell[0] === attributes && cell[1] === shown) continue;
          cell[0] = attributes;
          cell[1] = shown;
          row.dirty = true;
        }
      }
    }
  }

  /** Names come from files and the network: nothing that moves the cursor may reach the terminal. */
  #shown(character: string): string {
    if (character < ' ' || (character >= '\x7f' && character < '\xa0')) return '?';
    return character > '~' && this.capabilities.glyphs.dots === 'ascii' ? '?' : character;
  }

  #attributesOf(style: Style): number {
    let found = this.#attributes.get(style);
    if (found === undefined) {
      const { colour, background, bold, underline, reverse } = lookOf(style, this.capabilities.colour);
      const flags = (bold ? FLAG.bold : 0) | (underline ? FLAG.underline : 0) | (reverse ? FLAG.reverse : 0);
      found = (flags << 18) | ((colour ?? DEFAULT_COLOUR) << 9) | (background ?? DEFAULT_COLOUR);
      this.#attributes.set(style, found);
    }
    return found;
  }
}

/**
 * Blessed ends the process at signals when nobody else listens to them, and at exceptions, with the mouse left on. Both
 * are the command's to handle.
 *
 * @returns removes the listeners that were added since
 */
function ownProcessListeners(): () => void {
  const before = TAKEN_OVER.map((event) => [event, new Set(process.rawListeners(event))] as const);
  return () => {
    for (const [event, known] of before) {
      for (const listener of process.rawListeners(event)) {
        if (!known.has(listener)) process.off(event, listener as () => void);
      }
    }
  };
}
