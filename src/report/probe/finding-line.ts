import { formatClockTime } from '../../format/clock-time.js';
import { describeFinding, FINDING_GLYPHS } from '../../format/finding-words.js';
import { printable } from '../../format/printable.js';
import type { Finding } from '../../model/finding.js';

export { count, describeFinding, FINDING_GLYPHS, holdNs } from '../../format/finding-words.js';

/** The whole line: time of the release, glyph, kind, path, and what it says. */
export function findingLine(finding: Finding, epochNs: bigint, thresholdNs: number, zone?: string): string {
  const time = formatClockTime(epochNs + BigInt(Math.round(finding.release)), zone);
  return `${time}  ${FINDING_GLYPHS[finding.kind]} ${finding.kind.padEnd(12)} ${printable(finding.path)}  ${describeFinding(finding, thresholdNs)}`;
}
