import { MS, SECOND } from '../../model/time.js';
import { DotCanvas } from '../drawing/dot-canvas.js';
import type { Line } from '../drawing/line.js';
import type { Held } from '../state/path-state.js';
import { clockText } from './clock-text.js';
import type { StripWindow } from './strip-window.js';
import type { ViewContext } from './view-context.js';

const STEPS_NS = [10, 20, 50, 100, 200, 500].map((ms) => ms * MS);
const LONG_STEPS_NS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].map((s) => s * SECOND);
/** `14:03:27.104` and a blank on both sides. */
const LABEL = 14;

/** Time below the strip, with a mark where each stall let go. */
export function timeAxis(context: ViewContext, window: StripWindow, stalls: readonly Held[], columns: number): Line {
  const { glyphs } = context.capabilities;
  const canvas = new DotCanvas(columns, 1, glyphs.dots);
  const cellNs = (window.toNs - window.fromNs) / columns;
  const columnOf = (atNs: number): number => Math.floor((atNs - window.fromNs) / cellNs);
  for (let column = 0; column < columns; column += 1) canvas.letter(column, 0, glyphs.axis, 'dim');
  const releases = stalls.map(({ release }) => columnOf(release));
  const stepNs = [...STEPS_NS, ...LONG_STEPS_NS].find((step) => step / cellNs >= LABEL) ?? 600 * SECOND;
  const decimals = stepNs >= SECOND ? 0 : stepNs >= 100 * MS ? 1 : stepNs >= 10 * MS ? 2 : 3;
  // Whole tenths of a second of the wall clock, not of the run.
  const offsetNs = Number(context.snapshot.epochNs % BigInt(stepNs));
  for (
    let atNs = Math.ceil((window.fromNs + offsetNs) / stepNs) * stepNs - offsetNs;
    atNs < window.toNs;
    atNs += stepNs
  ) {
    const column = columnOf(atNs);
    const label = clockText(context, atNs, decimals);
    if (column + 1 + label.length >= columns) break;
    canvas.letter(column, 0, glyphs.tick, 'plain');
    // A release in a label's place would be read as one of its figures.
    if (releases.some((at) => at > column && at <= column + label.length)) continue;
    for (const [i, letter] of [...label].entries()) canvas.letter(column + 1 + i, 0, letter, 'plain');
  }
  for (const column of releases) canvas.letter(column, 0, glyphs.release, 'stall');
  return canvas.lines()[0] ?? [];
}
