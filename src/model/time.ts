/** Nanoseconds in a microsecond, a millisecond, a second and a minute. */
export const US = 1_000;
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;
export const MINUTE = 60 * SECOND;
