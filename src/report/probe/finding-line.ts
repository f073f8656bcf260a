import { formatClockTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { count, describeFinding, FINDING_GLYPHS } from '../../format/finding-words.js';
import { printable } from '../../format/printable.js';
import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';

/** The whole line: time of the release, glyph, kind, path, and what it says. */
export function findingLine(finding: Finding, epochNs: bigint, thresholdNs: number, zone?: string): string {
  const time = formatClockTime(epochNs + BigInt(Math.round(finding.release)), zone);
  return `${time}  ${FINDING_GLYPHS[finding.kind]} ${finding.kind.padEnd(12)} ${printable(finding.path)}  ${describeFinding(finding, thresholdNs)}`;
}

/** A path went silent, or answers again. */
export function outageLine(outage: Outage, epochNs: bigint, zone?: string): string {
  const clock = (ns: number): string => formatClockTime(epochNs + BigInt(Math.round(ns)), zone);
  const lasted = formatLength(outage.at - outage.since);
  const words =
    outage.state === 'begun'
      ? `silent since ${clock(outage.since)}: ${count(outage.probes, 'probe')} without an answer for ${lasted}`
      : `answers again after ${lasted}`;
  return `${clock(outage.at)}  ${FINDING_GLYPHS['loss-episode']} ${'outage'.padEnd(12)} ${printable(outage.path)}  ${words}`;
}
