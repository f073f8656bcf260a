import type { Finding } from '../../model/finding.js';

/**
 * How long probes were held: from half a spacing before the first one that was, as the last one to pass tells less. It
 * went by other flows, whose own last probe may have passed seconds before.
 *
 * @param spacingNs between probes that could have been held
 */
export function heldLengthNs(
  { durationNs, release, startMax }: Pick<Finding, 'durationNs' | 'release' | 'startMax'>,
  spacingNs: number,
): number {
  return Math.round(Math.min(durationNs, release - startMax + spacingNs / 2));
}
