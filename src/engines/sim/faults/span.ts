import * as z from 'zod';
import { parseDuration } from '../../../format/duration.js';
import { CodedError } from '../../../model/errors.js';

const EXPECTED = 'expected a length of time with its unit, such as 127ms, 1.5s or 200us';

/** A length of time in a scenario: `127ms`, or integer nanoseconds where the scenario is made by a program. */
export const spanSchema = z.union([z.int().min(0), z.string()], { error: EXPECTED }).transform((value, context) => {
  if (typeof value === 'number') return value;
  try {
    return parseDuration(value, 'length');
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    context.addIssue({ code: 'custom', message: `${EXPECTED}, got ${value}`, input: value });
    return z.NEVER;
  }
});

/** Lengths are drawn evenly between both ends. */
export interface SpanRange {
  readonly minNs: number;
  readonly maxNs: number;
}

/** One length, or `[shortest, longest]`. */
export const spanRangeSchema = z
  .union([spanSchema, z.tuple([spanSchema, spanSchema])], { error: `${EXPECTED}, or [shortest, longest]` })
  .transform((value, context): SpanRange => {
    const [minNs, maxNs] = typeof value === 'number' ? [value, value] : value;
    if (minNs > maxNs) {
      context.addIssue({ code: 'custom', message: 'expected [shortest, longest]', input: value });
      return z.NEVER;
    }
    return { minNs, maxNs };
  });
