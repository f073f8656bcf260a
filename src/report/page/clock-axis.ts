/** Distances of ticks that people read as round, in seconds. */
export const CLOCK_STEPS: readonly number[] = [
  ...[1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => 60 * minutes),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map((hours) => 3600 * hours),
];

const DAY_S = 86_400;

/** Wall-clock time with so many decimals of a second. @param secondOfDay may lie in a later day */
export function clockText(secondOfDay: number, decimals: number): string {
  const unit = 10 ** decimals;
  const ticks = Math.round(secondOfDay * unit);
  const second = Math.floor(ticks / unit);
  const fraction = decimals === 0 ? '' : `.${String(ticks - second * unit).padStart(decimals, '0')}`;
  const ofDay = ((second % DAY_S) + DAY_S) % DAY_S;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(ofDay / 3600))}:${two(Math.floor(ofDay / 60) % 60)}:${two(ofDay % 60)}${fraction}`;
}

/** Decimals that ticks so many seconds apart need. */
export function decimalsOf(stepS: number): number {
  return Math.max(0, Math.min(6, Math.ceil(-Math.log10(stepS) - 1e-9)));
}

/** `830 µs`, `127 ms`, `2.4 s`, `3 min`, `2.5 h`. */
export function lengthText(ns: number): string {
  const said = (value: number, unit: string): string => `${Number(value.toPrecision(3))} ${unit}`;
  if (ns < 1e6) return said(ns / 1e3, 'µs');
  if (ns < 1e9) return said(ns / 1e6, 'ms');
  if (ns < 120e9) return said(ns / 1e9, 's');
  return ns < 7200e9 ? said(ns / 60e9, 'min') : said(ns / 3600e9, 'h');
}
