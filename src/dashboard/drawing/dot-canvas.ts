import type { Line, Span, Style } from './line.js';

/** From what hides others to what others hide, where several meet in one cell. */
const WEIGHT: Readonly<Record<Style, number>> = {
  lost: 9,
  alarm: 8,
  stall: 7,
  bad: 6,
  warn: 5,
  selected: 4,
  strong: 4,
  title: 4,
  bar: 3,
  ok: 2,
  plain: 1,
  dim: 0,
};

const BRAILLE = 0x2800;
/** Bit of the dot in column x, row y of a braille cell. */
const BRAILLE_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** By the bits 1 (upper half) and 2 (lower half). */
const HALVES = [' ', "'", '.', ':'] as const;

/**
 * Dots on a grid of characters: 2 × 4 to a cell in braille, 1 × 2 in plain ASCII. A cell has the style of its
 * weightiest dot.
 */
export class DotCanvas {
  /** Dots in a cell, across and down. */
  readonly across: number;
  readonly down: number;
  readonly #bits: Uint8Array;
  readonly #styles: (Style | undefined)[];
  readonly #letters: (string | undefined)[];

  constructor(
    readonly columns: number,
    readonly rows: number,
    private readonly kind: 'braille' | 'ascii',
  ) {
    this.across = kind === 'braille' ? 2 : 1;
    this.down = kind === 'braille' ? 4 : 2;
    this.#bits = new Uint8Array(columns * rows);
    this.#styles = new Array<Style | undefined>(columns * rows);
    this.#letters = new Array<string | undefined>(columns * rows);
  }

  get width(): number {
    return this.columns * this.across;
  }

  get height(): number {
    return this.rows * this.down;
  }

  /** Sets the dot in column x, counted from the left, and row y, counted from the top; outside nothing happens. */
  set(x: number, y: number, style: Style): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const column = Math.floor(x / this.across);
    const row = Math.floor(y / this.down);
    const at = row * this.columns + column;
    const bit = this.kind === 'braille' ? (BRAILLE_BITS[y % 4]?.[x % 2] ?? 0) : y % 2 === 0 ? 1 : 2;
    this.#bits[at] = (this.#bits[at] as number) | bit;
    this.#mark(at, style);
  }

  /** Puts a character over the dots of a cell. */
  letter(column: number, row: number, text: string, style: Style): void {
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    const at = row * this.columns + column;
    const known = this.#styles[at];
    if (this.#letters[at] !== undefined && known !== undefined && WEIGHT[known] > WEIGHT[style]) return;
    this.#letters[at] = text;
    this.#styles[at] = style;
  }

  /** A character where no dot is: a line behind the dots. */
  background(column: number, row: number, text: string, style: Style): void {
    const at = row * this.columns + column;
    if (this.#bits[at] === 0 && this.#letters[at] === undefined) this.letter(column, row, text, style);
  }

  lines(): Line[] {
    return Array.from({ length: this.rows }, (_, row) => this.#line(row));
  }

  #mark(at: number, style: Style): void {
    const known = this.#styles[at];
    if (known === undefined || WEIGHT[style] > WEIGHT[known]) this.#styles[at] = style;
  }

  #line(row: number): Line {
    const spans: Span[] = [];
    let text = '';
    let style: Style = 'plain';
    for (let column = 0; column < this.columns; column += 1) {
      const at = row * this.columns + column;
      const own = this.#styles[at] ?? 'plain';
      if (own !== style) {
        if (text !== '') spans.push({ text, style });
        text = '';
        style = own;
      }
      text += this.#character(at);
    }
    if (text !== '') spans.push({ text, style });
    return spans;
  }

  #character(at: number): string {
    const letter = this.#letters[at];
    if (letter !== undefined) return letter;
    const bits = this.#bits[at] as number;
    if (bits === 0) return ' ';
    return this.kind === 'braille' ? String.fromCharCode(BRAILLE + bits) : (HALVES[bits] ?? ' ');
  }
}
