import type { Style } from '../drawing/line.js';

/** How a style looks; colours are the terminal's own sixteen, so that its theme decides. */
export interface Look {
  /** 0 to 15; absent: the terminal's own. */
  readonly colour?: number;
  readonly background?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly reverse?: boolean;
}

const RED = 1;
const GREEN = 2;
const YELLOW = 3;
const MAGENTA = 5;
const CYAN = 6;
const GREY = 8;
const BRIGHT_MAGENTA = 13;

const COLOURED: Readonly<Record<Style, Look>> = {
  plain: {},
  dim: { colour: GREY },
  title: { colour: CYAN, bold: true },
  strong: { bold: true },
  ok: { colour: GREEN },
  warn: { colour: YELLOW },
  bad: { colour: RED },
  stall: { colour: BRIGHT_MAGENTA, bold: true },
  lost: { colour: RED, bold: true, reverse: true },
  selected: { reverse: true },
  bar: { colour: CYAN },
  alarm: { colour: MAGENTA, bold: true, reverse: true },
};

const COLOURLESS: Readonly<Record<Style, Look>> = {
  plain: {},
  dim: {},
  title: { bold: true },
  strong: { bold: true },
  ok: {},
  warn: { underline: true },
  bad: { bold: true, underline: true },
  stall: { bold: true },
  lost: { bold: true, reverse: true },
  selected: { reverse: true },
  bar: {},
  alarm: { bold: true, reverse: true },
};

/** Green below the threshold, yellow near it, red above it, magenta for stalls, reverse for what is lost. */
export function lookOf(style: Style, colour: boolean): Look {
  return (colour ? COLOURED : COLOURLESS)[style];
}
