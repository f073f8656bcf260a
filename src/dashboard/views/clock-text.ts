import { formatClockTime } from '../../format/clock-time.js';
import type { ViewContext } from './view-context.js';

/** An instant of the run as wall-clock time: `14:03:27.104`, cut to `decimals` of a second; the header has the zone. */
export function clockText({ snapshot, zone }: ViewContext, atNs: number, decimals = 3): string {
  const text = formatClockTime(snapshot.epochNs + BigInt(Math.round(atNs)), zone).split(' ')[0] ?? '';
  return decimals === 0 ? text.slice(0, 8) : text.slice(0, 9 + decimals);
}

/** The zone that those times are in. */
export function zoneText({ snapshot, zone }: ViewContext): string {
  return formatClockTime(snapshot.epochNs, zone).split(' ')[1] ?? '';
}
