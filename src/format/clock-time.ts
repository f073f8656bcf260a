import { present } from '../model/present.js';
/**
 * Wall-clock time with milliseconds and zone: `14:03:27.104 +01:00`, or `… UTC`.
 *
 * @param realNs nanoseconds of CLOCK_REALTIME
 * @param zone IANA name; default the zone of the machine
 */
export function formatClockTime(realNs: bigint, zone?: string): string {
  const { time, offset } = parts(realNs, zone);
  return `${time} ${offset}`;
}

/** Date and time: `2026-11-22 14:03:27.104 UTC`. */
export function formatDateTime(realNs: bigint, zone?: string): string {
  const { date, time, offset } = parts(realNs, zone);
  return `${date} ${time} ${offset}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone ?? '';
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      ...present({ timeZone: zone }),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
    formats.set(key, found);
  }
  return found;
}

function parts(realNs: bigint, zone: string | undefined): { date: string; time: string; offset: string } {
  const found = new Map(
    format(zone)
      .formatToParts(new Date(Number(realNs / 1_000_000n)))
      .map((part) => [part.type, part.value]),
  );
  const get = (type: Intl.DateTimeFormatPartTypes): string => found.get(type) ?? '';
  const offset = get('timeZoneName').replace('GMT', '');
  return {
    date: `${get('year')}-${get('month')}-${get('day')}`,
    time: `${get('hour')}:${get('minute')}:${get('second')}.${get('fractionalSecond')}`,
    offset: offset === '' || offset === '+00:00' ? 'UTC' : offset,
  };
}
