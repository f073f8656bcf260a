/** Nanoseconds in a microsecond, a millisecond and a second. */
export const US = 1_000;
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;
