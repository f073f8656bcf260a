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

interface Parts {
  readonly date: string;
  readonly time: string;
  readonly offset: string;
}

function parts(realNs: bigint, zone: string | undefined): Parts {
  const instant = new Date(Number(realNs / 1_000_000n));
  return zone === undefined ? localParts(instant) : partsIn(zone, instant);
}

/** In the zone of the machine, without the tables of Intl: to read them takes as long as to print a whole run. */
function localParts(instant: Date): Parts {
  const minutes = -instant.getTimezoneOffset();
  const local = new Date(instant.getTime() + minutes * 60_000).toISOString();
  const ahead = Math.abs(minutes);
  const [hour, minute] = [Math.floor(ahead / 60), ahead % 60].map((part) => String(part).padStart(2, '0'));
  return {
    date: local.slice(0, 10),
    time: local.slice(11, 23),
    offset: minutes === 0 ? 'UTC' : `${minutes < 0 ? '-' : '+'}${hour}:${minute}`,
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
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
    formats.set(zone, found);
  }
  return found;
}

function partsIn(zone: string, instant: Date): Parts {
  const found = new Map(
    formatOf(zone)
      .formatToParts(instant)
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
