import { formatClockTime, formatDateTime } from '../../format/clock-time.js';
import type { ReportDocument } from '../document/report-document.js';

/** What the sections of a report share. */
export interface PageContext {
  readonly document: ReportDocument;
  /** Wall-clock time of an instant of the run. */
  clock(instantNs: number): string;
  dateTime(instantNs: number): string;
}

/** @param zone IANA name of the zone that times are shown in; default that of the machine */
export function pageContext(document: ReportDocument, zone?: string): PageContext {
  const epochNs = BigInt(document.epochNs);
  const real = (instantNs: number): bigint => epochNs + BigInt(Math.round(instantNs));
  return {
    document,
    clock: (instantNs) => formatClockTime(real(instantNs), zone),
    dateTime: (instantNs) => formatDateTime(real(instantNs), zone),
  };
}
