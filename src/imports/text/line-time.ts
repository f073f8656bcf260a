import { MS, SECOND } from '../../model/time.js';

/** A time that stands in front of a line. */
export interface LineTime {
  readonly ns: bigint;
  /** Of a calendar day: else the time of some day, or since some beginning. */
  readonly dated: boolean;
  /** Written to so many nanoseconds: 1e9 for whole seconds. */
  readonly resolutionNs: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const EPOCH = /(?:^|[\s[(])(1\d{9})(?:[.,](\d{1,9}))?(?=$|[\s\]):,|-])/;
const ISO = /(\d{4})[-/](\d\d)[-/](\d\d)[T_ ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?/;
const CLOCK = /(?:^|[\s[(T])(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s?([AP])M)?/i;
const DAY =
  /\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})\b|\b(\d{1,2})\.?\s(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;
const YEAR = /\b(20\d\d)\b/;
const DAY_NS = 86_400n * BigInt(SECOND);

/** The time in what stands before a line of a tool: of `date`, `ts`, `kubectl logs`, journald, `ping -D`; null for none. */
export function timeBefore(prefix: string): LineTime | null {
  if (prefix.length < 8) return null;
  const iso = ISO.exec(prefix);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso;
    const utc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return at(BigInt(utc) * BigInt(MS) - zoneNs(zone), fraction, true);
  }
  const epoch = EPOCH.exec(prefix);
  if (epoch !== null) return at(BigInt(epoch[1] ?? 0) * BigInt(SECOND), epoch[2], true);
  const clock = CLOCK.exec(prefix);
  if (clock === null) return null;
  const [, hours = '0', minutes, seconds, fraction, half] = clock;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (/p/i.test(half) ? 12 : 0);
  const ofDay = BigInt(hour * 3_600 + Number(minutes) * 60 + Number(seconds)) * BigInt(SECOND);
  const day = DAY.exec(prefix);
  const year = YEAR.exec(prefix.replace(clock[0], ' '));
  if (day === null) return at(ofDay, fraction, false);
  const month = MONTHS.indexOf((day[1] ?? day[4] ?? '').toLowerCase());
  // Without a year a day counts from an arbitrary one: distances hold, the date does not.
  const date = BigInt(Date.UTC(Number(year?.[1] ?? 1970), month, Number(day[2] ?? day[3]))) * BigInt(MS);
  return at(date + ofDay, fraction, year !== null);
}

function at(seconds: bigint, fraction: string | undefined, dated: boolean): LineTime {
  const digits = (fraction ?? '').slice(0, 9);
  return {
    ns: seconds + BigInt(digits.padEnd(9, '0')),
    dated,
    resolutionNs: SECOND / 10 ** digits.length,
  };
}

function zoneNs(zone: string | undefined): bigint {
  const match = /([+-])(\d\d):?(\d\d)/.exec(zone ?? '');
  if (match === null) return 0n;
  const minutes = BigInt(Number(match[2]) * 60 + Number(match[3]));
  return (match[1] === '-' ? -minutes : minutes) * 60n * BigInt(SECOND);
}

/** Times of one day that went on behind midnight, as one count. */
export function acrossMidnight(times: readonly (LineTime | null)[]): (bigint | null)[] {
  let added = 0n;
  let previous: bigint | null = null;
  return times.map((time) => {
    if (time === null) return null;
    if (!time.dated && previous !== null && time.ns + added < previous - DAY_NS / 2n) added += DAY_NS;
    previous = time.ns + added;
    return previous;
  });
}
