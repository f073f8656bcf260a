/** What a piece of text means; the terminal decides how that looks with the colours it has. */
export type Style =
  | 'plain'
  | 'dim'
  | 'title'
  | 'strong'
  | 'ok'
  | 'warn'
  | 'bad'
  | 'stall'
  | 'lost'
  | 'selected'
  | 'bar'
  | 'alarm';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One row of the screen, from left to right. */
export type Line = readonly Span[];

/** Where a row or a column of the screen ends: everything the dashboard draws is one cell a character. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

export function lineOf(...spans: (Span | string)[]): Line {
  return spans.map((part) => (typeof part === 'string' ? span(part) : part));
}

/** Number of cells; surrogate pairs are one. */
export function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + cells(text), 0);
}

export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** Exactly `width` cells: cut, or filled with blanks in the style of `fill`. */
export function fitLine(line: Line, width: number, fill: Style = 'plain'): Line {
  const out: Span[] = [];
  let room = width;
  for (const part of line) {
    if (room <= 0) break;
    const text = cells(part.text) <= room ? part.text : [...part.text].slice(0, room).join('');
    room -= cells(text);
    out.push(text === part.text ? part : { text, style: part.style });
  }
  if (room > 0) out.push({ text: ' '.repeat(room), style: fill });
  return out;
}

/** `left` and `right` at the ends of a line; `right` goes where there is no room for both. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = width - lengthOf(left) - lengthOf(right);
  if (room < 1) return fitLine(left, width);
  return [...left, span(' '.repeat(room)), ...right];
}

/** Columns of lines side by side; each is as wide as it says. */
export function beside(columns: readonly { readonly lines: readonly Line[]; readonly width: number }[]): Line[] {
  const height = Math.max(0, ...columns.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    columns.flatMap(({ lines, width }) => fitLine(lines[row] ?? [], width)),
  );
}

/** Text of at most `width` cells; what is left out shows as `…` (`~` without Unicode). */
export function shorten(text: string, width: number, ellipsis: string): string {
  const all = [...text];
  if (all.length <= width) return text;
  if (width <= 0) return '';
  return `${all.slice(0, width - 1).join('')}${ellipsis}`;
}

/** Leaves out the middle, so that both ends of a path stay readable. */
export function shortenMiddle(text: string, width: number, ellipsis: string): string {
  const all = [...text];
  if (all.length <= width) return text;
  if (width <= 3) return shorten(text, width, ellipsis);
  const tail = Math.ceil((width - 1) / 2);
  const head = width - 1 - tail;
  return `${all.slice(0, head).join('')}${ellipsis}${all.slice(all.length - tail).join('')}`;
}

function cells(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) length -= 1;
  }
  return length;
}
